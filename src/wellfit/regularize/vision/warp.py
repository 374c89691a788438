"""Move whole batches by matrices."""

import math

import torch
from torch import Tensor

from wellfit.regularize.vision.affine import Size, inverse
from wellfit.regularize.vision.images import check_images, like, working
from wellfit.regularize.vision.resample import Padding, at_level, chunks, look_up, shrunk


def warp(images: Tensor, matrices: Tensor, size: Size, *, padding: Padding = "fill", fill: float = 0) -> Tensor:
    """Move each image by its matrix, bilinearly; shrunk images are looked up among means, against aliasing.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
        matrices: float64, shape (N, 2, 3), from the image to the result, in pixels; none of them singular.
        size: height and width of the result.
        padding: what lies outside the images: "fill", "border" or "reflect".
        fill: that value, in the images' units.

    Returns:
        The images' dtype, shape (N, C, *size). A NaN pixel spreads to its neighbours.
    """
    check_images(images)
    source = (images.shape[2], images.shape[3])
    backward = inverse(matrices)
    pieces, order = [], []
    for rows, level, outside in chunks(backward, size, source, padding, channels=images.shape[1]):
        seen = look_up_at(working(images[rows]) - fill, backward[rows], level, size, outside)
        pieces.append(like(seen + fill, images))
        order.append(torch.arange(len(images), device=images.device)[rows])
    if not pieces:
        return images.new_empty(0, images.shape[1], *size)
    return put_together(pieces, order)


def look_up_at(images: Tensor, backward: Tensor, level: tuple[int, int], size: Size, padding: Padding) -> Tensor:
    """Bilinear values of one chunk, among means of 2**level pixels.

    Args:
        images: float32 or float64, shape (n, C, H, W), less the fill.
        backward: float64, shape (n, 2, 3).
        level: along x and along y.
        size: of the result.
        padding: what lies outside.
    """
    return look_up(shrunk(images, level), at_level(backward, level), size, padding)


def put_together(pieces: list[Tensor], order: list[Tensor]) -> Tensor:
    """The batch in its own order, by one copy through which gradients flow.

    Args:
        pieces: shapes (n, ...).
        order: the rows of each, int64, shapes (n,).
    """
    whole, places = torch.cat(pieces), torch.cat(order)
    return whole if len(order) == 1 or bool((places.diff() > 0).all()) else whole[places.argsort()]


def as_size(size: int | Size | None) -> Size | None:
    """Height and width of the result.

    Args:
        size: both at once, each, or None for those of the images.

    Raises:
        ValueError: if one of them is below 1.
    """
    both = (size, size) if isinstance(size, int) else size
    if both is not None and (len(both) != 2 or min(both) < 1):  # noqa: PLR2004
        raise ValueError(f"size must be an int or (height, width), each >= 1, got {size}")
    return both


def check_padding(padding: str, fill: float) -> None:
    """Refuse what cannot lie outside an image.

    Args:
        padding: fill, border or reflect.
        fill: finite.

    Raises:
        ValueError: if it is none of the three, or fill is no number.
    """
    if padding not in {"fill", "border", "reflect"}:
        raise ValueError(f"padding must be fill, border or reflect, got {padding!r}")
    if not math.isfinite(fill):
        raise ValueError(f"fill must be finite, got {fill}")
