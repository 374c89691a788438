"""Mirror images left to right, and what belongs to them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.method import fraction
from wellfit.regularize.vision.affine import Size, flips
from wellfit.regularize.vision.geometric import Geometric
from wellfit.regularize.vision.horizontal_flip.card import HORIZONTAL_FLIP
from wellfit.regularize.vision.images import check_images
from wellfit.regularize.vision.targets import Targets, move_targets, swap_sides

FLIP = 0
"""Its stream of numbers."""


def horizontal_flip(images: Tensor, flip: Tensor) -> Tensor:
    """Mirror the images that are told to be: pixel x becomes pixel W - 1 - x, exactly.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
        flip: bool, shape (N,).

    Returns:
        The same dtype, device and shape; a new tensor. Twice is the identity.

    Raises:
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> horizontal_flip(torch.arange(3.0).reshape(1, 1, 1, 3), torch.tensor([True]))
        tensor([[[[2., 1., 0.]]]])

    Source:
        He et al. 2019, Bag of tricks for image classification with convolutional neural networks, the baseline.
    """
    check_images(images)
    if flip.shape != images.shape[:1] or flip.dtype != torch.bool:
        raise ValueError(f"flip must be bool of shape ({len(images)},), got {flip.dtype} of {tuple(flip.shape)}")
    return torch.where(flip[:, None, None, None], images.flip(3), images)


class HorizontalFlip(Geometric):
    """Mirror each image by chance, and its masks, boxes and keypoints with it.

    Args:
        p: chance of each image at strength 1, in [0, 1].
        flip_order: for each keypoint's place, which keypoint stands there once the image is mirrored, as in (0, 2, 1)
            for nose, left eye, right eye. None leaves them in their order.
        strength: in [0, 1], scales p.
        seed: of the draws of samples whose index is given.
        generator: draws for samples without an index.

    Raises:
        ValueError: if p or strength lies outside [0, 1].

    Example:
        >>> import torch
        >>> flip = HorizontalFlip(p=1.0)
        >>> images, targets = flip(torch.rand(1, 3, 8, 8), boxes=torch.tensor([[[0.0, 0.0, 2.0, 4.0]]]))
        >>> targets.boxes
        tensor([[[6., 0., 8., 4.]]])
    """

    card = HORIZONTAL_FLIP

    def __init__(
        self,
        p: float = 0.5,
        *,
        flip_order: Sequence[int] | None = None,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.p = fraction("p", p)
        self.flip_order = flip_order
        if p == 0:
            self.say_no_effect("p is 0")

    def move(self, images: Tensor, targets: Targets, draws: Draws) -> tuple[Tensor, Targets]:
        """Mirror a batch and its targets.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
            draws: of the batch.
        """
        flip = draws.coins(FLIP, self.p * self.strength)
        size: Size = (images.shape[2], images.shape[3])
        flipped = horizontal_flip(images, flip)
        if not targets:
            return flipped, targets
        moved = move_targets(targets, flips(flip, size), size)
        return flipped, moved if self.flip_order is None else swap_sides(moved, flip, self.flip_order)
