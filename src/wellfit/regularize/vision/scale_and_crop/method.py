"""Cut a window out of images and scale it, and what belongs to them."""

import math

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.vision.affine import Size, windows
from wellfit.regularize.vision.geometric import Geometric
from wellfit.regularize.vision.scale_and_crop.card import SCALE_AND_CROP
from wellfit.regularize.vision.targets import Targets, move_targets
from wellfit.regularize.vision.warp import as_size, warp

WINDOW = 0
"""Its stream of numbers: area, shape, and where, across and down."""

Range = tuple[float, float]
"""Least and largest."""


def draw_windows(numbers: Tensor, size: Size, scale: Range, ratio: Range) -> Tensor:
    """Windows whose area is even in `scale`, and whose shape is even in the logarithm of `ratio`.

    Of the shapes, only those at which the area fits into the image are drawn, so that no area is lost; where none
    fits, the window is of the nearest shape, and as large as it can be.

    Args:
        numbers: float in [0, 1), shape (N, 4): for area, shape, left edge and top edge.
        size: height and width of the images.
        scale: area as a share of the image's.
        ratio: width to height.

    Returns:
        float64, shape (N, 4): left, top, right and bottom edges.
    """
    height, width = size
    area, shape, left, top = numbers.double().unbind(1)
    share = scale[0] + (scale[1] - scale[0]) * area
    low = (share * (width / height)).clamp(min=ratio[0])
    high = (width / height / share).clamp(max=ratio[1])
    chosen = torch.exp(low.log() + (high / low).log().clamp(min=0) * shape).clamp(*ratio)
    w, h = (share * chosen).sqrt() * math.sqrt(width * height), (share / chosen).sqrt() * math.sqrt(width * height)
    fit = torch.minimum(width / w, height / h).clamp(max=1)
    w, h = w * fit, h * fit
    x, y = left * (width - w), top * (height - h)
    return torch.stack([x, y, x + w, y + h], 1)


def scale_and_crop(images: Tensor, boxes: Tensor, size: int | Size | None = None) -> Tensor:
    """Scale a window of each image to the output's size, bilinearly, among means where it shrinks.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
        boxes: float, shape (N, 4): left, top, right, bottom edge in pixels, parts of pixels too; what lies outside the
            image repeats its edge.
        size: height and width of the output; None for the images' own.

    Returns:
        The same dtype and device, shape (N, C, *size). The whole image at its own size comes back as it was.

    Raises:
        ValueError: if the shapes do not fit, or a window has no area.

    Example:
        >>> import torch
        >>> image = torch.arange(16, dtype=torch.uint8).reshape(1, 1, 4, 4)
        >>> scale_and_crop(image, torch.tensor([[1.0, 1.0, 3.0, 3.0]]), 2)
        tensor([[[[ 5,  6],
                  [ 9, 10]]]], dtype=torch.uint8)

    Source:
        He et al. 2019, Bag of tricks for image classification with convolutional neural networks, the baseline.
    """
    if boxes.shape != (images.shape[0], 4):
        raise ValueError(f"boxes must have the shape ({images.shape[0]}, 4), got {tuple(boxes.shape)}")
    if bool((boxes[:, 2:] <= boxes[:, :2]).any()):
        raise ValueError("boxes must have right > left and bottom > top, got one without area")
    own: Size = (images.shape[2], images.shape[3])
    out = as_size(size) or own
    seen = warp(images, windows(boxes, out), out, padding="border")
    if out != own:
        return seen
    whole = (boxes == boxes.new_tensor([0, 0, own[1], own[0]])).all(1)
    return torch.where(whole[:, None, None, None], images, seen)  # to the last bit


class ScaleAndCrop(Geometric):
    """Scale a window of each image, drawn for it alone, to the output's size; masks, boxes and keypoints with it.

    In evaluation mode, and at strength 0, the whole image is scaled to that size; without a size nothing happens.

    Args:
        size: height and width of the output; None for the images' own.
        scale: least and largest area of the window at strength 1, as a share of the image's, in (0, 1].
        ratio: least and largest width to height of the window at strength 1.
        mask_fill: of masks outside the image, which no window reaches but by rounding.
        strength: in [0, 1], draws scale and ratio towards 1.
        seed: of the draws of samples whose index is given.
        generator: draws for samples without an index.

    Raises:
        ValueError: if scale, ratio, size or strength lie outside their ranges.

    Example:
        >>> import torch
        >>> crop = ScaleAndCrop(24, scale=(0.3, 1))
        >>> crop(torch.rand(4, 3, 32, 48)).shape
        torch.Size([4, 3, 24, 24])
    """

    card = SCALE_AND_CROP

    def __init__(  # noqa: PLR0913
        self,
        size: int | Size | None = None,
        *,
        scale: Range = (SCALE_AND_CROP.full, 1.0),
        ratio: Range = (3 / 4, 4 / 3),
        mask_fill: float = 0,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.size = as_size(size)
        self.scale, self.ratio = check_scale(scale), check_ratio(ratio)
        self.mask_fill = mask_fill
        if tuple(scale) == (1, 1) and tuple(ratio) == (1, 1) and size is None:
            self.say_no_effect("scale and ratio are (1, 1), and there is no size")

    def move(self, images: Tensor, targets: Targets, draws: Draws) -> tuple[Tensor, Targets]:
        """Cut and scale a batch and its targets.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
            draws: of the batch.
        """
        scale, ratio = softened(self.scale, self.ratio, self.strength)
        boxes = draw_windows(draws.uniform(WINDOW, 4), (images.shape[2], images.shape[3]), scale, ratio)
        return self._seen(images, targets, boxes)

    def rest(self, images: Tensor, targets: Targets) -> tuple[Tensor, Targets]:
        """Scale whole images to the size; without one, leave them.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
        """
        if self.size in {None, tuple(images.shape[2:])}:
            return super().rest(images, targets)
        return self._seen(images, targets, whole_images(images))

    def _seen(self, images: Tensor, targets: Targets, boxes: Tensor) -> tuple[Tensor, Targets]:
        out = self.size or (images.shape[2], images.shape[3])
        seen = scale_and_crop(images, boxes, out)
        return seen, move_targets(targets, windows(boxes, out), out, mask_fill=self.mask_fill) if targets else targets


def whole_images(images: Tensor) -> Tensor:
    """Windows that are the images.

    Args:
        images: shape (N, C, H, W).

    Returns:
        float64, shape (N, 4).
    """
    edges = [0.0, 0.0, float(images.shape[3]), float(images.shape[2])]
    return torch.tensor(edges, dtype=torch.float64, device=images.device).expand(images.shape[0], 4)


def softened(scale: Range, ratio: Range, strength: float) -> tuple[Range, Range]:
    """Scale and ratio drawn towards 1.

    Args:
        scale: at strength 1.
        ratio: at strength 1.
        strength: in [0, 1].
    """
    low, high = (1 + (share - 1) * strength for share in scale)
    return (low, high), (ratio[0] ** strength, ratio[1] ** strength)


def check_scale(scale: Range) -> Range:
    """The areas, where they are in order in (0, 1].

    Args:
        scale: least and largest.

    Raises:
        ValueError: elsewhere.
    """
    if len(scale) != 2 or not 0 < scale[0] <= scale[1] <= 1:  # noqa: PLR2004
        raise ValueError(f"scale must be (least, largest) in (0, 1], got {scale}")
    return scale


def check_ratio(ratio: Range) -> Range:
    """The shapes, where they are in order and above 0.

    Args:
        ratio: least and largest.

    Raises:
        ValueError: elsewhere.
    """
    if len(ratio) != 2 or not 0 < ratio[0] <= ratio[1] < math.inf:  # noqa: PLR2004
        raise ValueError(f"ratio must be (least, largest), each > 0, got {ratio}")
    return ratio
