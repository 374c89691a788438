"""Move whole batches by matrices."""

import math

import torch
from torch import Tensor

from wellfit.regularize.vision.affine import Size, inverse
from wellfit.regularize.vision.images import check_images, like, working
from wellfit.regularize.vision.resample import Padding, Rows, lay_out


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
    layout = lay_out(inverse(matrices), size, images, padding)
    pieces = [like(p.look_up(working(images[p.rows]) - fill) + fill, images) for p in layout.pieces]
    return put_together(pieces, layout.order) if pieces else images.new_empty(0, images.shape[1], *size)


def put_together(pieces: list[Tensor], order: Rows) -> Tensor:
    """The batch in its own order, by copies through which gradients flow.

    Args:
        pieces: shapes (n, ...).
        order: rows of the batch, in the order of the pieces.
    """
    whole = torch.cat(pieces)
    return whole[order.argsort()] if isinstance(order, Tensor) else whole


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
