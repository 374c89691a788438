"""Turn images about their centre, and what belongs to them."""

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.vision.affine import Size, rotations
from wellfit.regularize.vision.geometric import Geometric
from wellfit.regularize.vision.resample import Padding
from wellfit.regularize.vision.rotation.card import ROTATION
from wellfit.regularize.vision.targets import Targets, move_targets
from wellfit.regularize.vision.warp import check_padding, warp

ANGLE = 0
"""Its stream of numbers."""

HALF_TURN = 180.0


def rotate(images: Tensor, degrees: Tensor, *, padding: Padding = "fill", fill: float = 0) -> Tensor:
    """Turn each image about its centre, counterclockwise as it is seen, bilinearly.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
        degrees: float, shape (N,); 0 leaves an image as it is.
        padding: what comes into the corners: "fill" one value, "border" the edge drawn out, "reflect" a mirror image.
        fill: that value, in the images' units.

    Returns:
        The same dtype, device and shape.

    Raises:
        ValueError: if the shapes do not fit, padding is none of the three, or fill is not finite.

    Example:
        >>> import torch
        >>> image = torch.tensor([[[[1, 2], [3, 4]]]], dtype=torch.uint8)
        >>> rotate(image, torch.tensor([90.0]))
        tensor([[[[2, 4],
                  [1, 3]]]], dtype=torch.uint8)

    Source:
        Simard, Steinkraus and Platt 2003, Best practices for convolutional neural networks applied to
        visual document analysis.
    """
    check_padding(padding, fill)
    if degrees.shape != images.shape[:1]:
        raise ValueError(f"degrees must have the shape ({len(images)},), got {tuple(degrees.shape)}")
    size: Size = (images.shape[2], images.shape[3])
    turned = warp(images, rotations(degrees, size), size, padding=padding, fill=fill)
    return torch.where((degrees == 0)[:, None, None, None], images, turned)  # to the last bit


class Rotation(Geometric):
    """Turn each image by an angle of its own, and its masks, boxes and keypoints with it.

    Args:
        degrees: largest angle at strength 1, in [0, 180]; each is drawn evenly from -degrees to degrees.
        padding: what comes into the corners: "fill", "border" or "reflect".
        fill: the value of "fill", in the images' units.
        mask_fill: the same for masks; 255 is ignored by many losses.
        strength: in [0, 1], scales the angle.
        seed: of the draws of samples whose index is given.
        generator: draws for samples without an index.

    Raises:
        ValueError: if degrees or strength lie outside their range, or padding is none of the three.

    Example:
        >>> import torch
        >>> turn = Rotation(15)
        >>> turn(torch.rand(4, 3, 32, 32)).shape
        torch.Size([4, 3, 32, 32])
    """

    card = ROTATION

    def __init__(  # noqa: PLR0913
        self,
        degrees: float = ROTATION.full,
        *,
        padding: Padding = "fill",
        fill: float = 0,
        mask_fill: float = 0,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.degrees = largest_angle(degrees)
        check_padding(padding, fill)
        self.padding, self.fill, self.mask_fill = padding, fill, mask_fill
        if degrees == 0:
            self.say_no_effect("degrees is 0")

    def move(self, images: Tensor, targets: Targets, draws: Draws) -> tuple[Tensor, Targets]:
        """Turn a batch and its targets.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
            draws: of the batch.
        """
        most = self.degrees * self.strength
        degrees = draws.between(ANGLE, -most, most)
        size: Size = (images.shape[2], images.shape[3])
        turned = rotate(images, degrees, padding=self.padding, fill=self.fill)
        if not targets:
            return turned, targets
        return turned, move_targets(targets, rotations(degrees, size), size, mask_fill=self.mask_fill)


def largest_angle(degrees: float) -> float:
    """The angle, where it lies in [0, 180].

    Args:
        degrees: to both sides.

    Raises:
        ValueError: elsewhere.
    """
    if not 0 <= degrees <= HALF_TURN:
        raise ValueError(f"degrees must lie in [0, 180], got {degrees}")
    return float(degrees)
