"""Look up each pixel of the result in its image, once, however many moves went into the matrix."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from wellfit.regularize.vision.affine import Size

Padding = Literal["fill", "border", "reflect"]
"""What lies outside the image: one value, its edge drawn out, or its mirror image."""

PADDINGS = {"fill": "zeros", "border": "border", "reflect": "reflection"}
"""The same in `grid_sample`'s words; a value other than 0 is subtracted before and added after."""

Rows = Tensor | slice
"""Some rows of a batch: int64, shape (n,), or a slice where they are neighbours, which are not copied together."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbours in a layout's order, which are looked up alike and together fit into the cache.

    Args:
        start: place of the first in that order.
        stop: one past the last.
        rows: which of the batch they are.
        level: how often they are halved along x and along y before they are looked up.
        padding: what lies outside the images.
        columns: float, shape (n, 2, 1, w): what each column adds to x and y.
        lines: float, shape (n, 2, h, 1): what each row adds to them.
    """

    start: int
    stop: int
    rows: Rows
    level: tuple[int, int]
    padding: Padding
    columns: Tensor
    lines: Tensor

    def look_up(self, images: Tensor) -> Tensor:
        """Bilinear values of the piece.

        A place is x and y in `grid_sample`'s units (-1 and 1 are the edges), each a sum of one number for its column
        and one for its row. All x lie before all y, as `grid_sample` reads them fastest; that sum takes a fifteenth of
        `affine_grid`'s time on a CPU.

        Args:
            images: float32 or float64, shape (n, C, H, W), those of the piece, less the fill.

        Returns:
            shape (n, C, h, w).
        """
        grid, source = (self.columns + self.lines).permute(0, 2, 3, 1), shrunk(images, self.level)
        return F.grid_sample(source, grid, padding_mode=PADDINGS[self.padding], align_corners=False)


@dataclass(frozen=True, slots=True)
class Layout:
    """In which order and in which pieces to look a batch up.

    Args:
        order: of the batch's rows.
        pieces: of that order.
    """

    order: Rows
    pieces: list[Piece]


def lay_out(backward: Tensor, size: Size, images: Tensor, padding: Padding) -> Layout:
    """Prepare the look-up of a batch.

    Args:
        backward: float64, shape (N, 2, 3), from the result to the image, in pixels.
        size: height and width of the result.
        images: shape (N, C, H, W).
        padding: what lies outside the images.
    """
    source, level = (images.shape[2], images.shape[3]), levels(backward)
    columns, lines = _places(backward, level, size, source)
    if padding == "fill" and bool(_upright(backward).any()):
        columns, lines = _within_edges(columns, lines, backward, level, source)
    order, kinds = _sorted(level)
    cuts = _cuts(kinds, max(1, _PIECE_VALUES // (images.shape[1] * math.prod(size))))
    sizes = [stop - start for start, stop in cuts]
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    parts = (places[order].to(dtype).split(sizes) for places in (columns[:, :, None], lines[:, :, :, None]))
    rows = order if isinstance(order, Tensor) else None
    pieces = [
        Piece(start, stop, _rows(rows, start, stop), divmod(kinds[start], _LEVELS), padding, *places)
        for (start, stop), *places in zip(cuts, *parts, strict=True)
    ]
    return Layout(order, pieces)


def _places(backward: Tensor, level: Tensor, size: Size, source: Size) -> tuple[Tensor, Tensor]:
    """What each column and each row adds to x and y; halved images end at a whole mean, maybe beyond their edge.

    The start of x is with the columns, that of y with the rows: upright moves leave 0 in the other two.
    """
    mean = 2.0**level  # (N, 2)
    ends = (backward.new_tensor(source[::-1]) / mean).ceil() * mean
    step_x, step_y, start = (backward * (2 / ends)[:, :, None]).unbind(2)  # (N, 2) each
    xs, ys = (torch.arange(n, device=backward.device, dtype=backward.dtype) + 0.5 for n in size[::-1])
    columns, lines = step_x[:, :, None] * xs, step_y[:, :, None] * ys
    columns[:, 0] += start[:, :1] - 1
    lines[:, 1] += start[:, 1:] - 1
    return columns, lines


def _within_edges(
    columns: Tensor, lines: Tensor, backward: Tensor, level: Tensor, source: Size
) -> tuple[Tensor, Tensor]:
    """Upright windows within their image end at the centres of its outer pixels: nothing is filled in at an edge.

    Turned images keep what lies outside, and half a pixel of it mixes into their edge.
    """
    pixels = (backward.new_tensor(source[::-1]) / 2.0**level).ceil()
    reach = torch.where(_upright(backward)[:, None], 1 - 1 / pixels, torch.inf)  # (N, 2)
    for axis, places in enumerate((columns[:, 0], lines[:, 1])):
        most = torch.where(places.abs().amax(1) <= 1 + _EDGE, reach[:, axis], torch.inf)[:, None]
        places.copy_(places.clamp(-most, most))
    return columns, lines


def _upright(backward: Tensor) -> Tensor:
    """Whether rows stay rows, bool, shape (N,)."""
    return backward[:, [0, 1], [1, 0]].eq(0).all(1)


_EDGE = 1e-6
"""Rounding of the matrices."""


def look_up_nearest(masks: Tensor, backward: Tensor, size: Size, fill: float) -> Tensor:
    """Values of the nearest pixels, each as it was, of any dtype.

    Args:
        masks: any dtype, shape (N, C, H, W).
        backward: float64, shape (N, 2, 3), from the result to the mask.
        size: of the result.
        fill: what lies outside.

    Returns:
        The same dtype, shape (N, C, h, w).
    """
    height, width = masks.shape[2:]
    ys, xs = (torch.arange(n, device=masks.device, dtype=torch.float64) + 0.5 for n in size)
    at = (
        backward[:, :, 0, None, None] * xs + backward[:, :, 1, None, None] * ys[:, None] + backward[:, :, 2, None, None]
    )
    x, y = (at + _NUDGE).floor().long().unbind(1)  # (N, h, w)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    places = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
    found = masks.flatten(2).gather(2, places.flatten(1)[:, None].expand(-1, masks.shape[1], -1))
    return torch.where(
        inside[:, None], found.unflatten(2, size), torch.tensor(fill, device=masks.device).to(masks.dtype)
    )


_NUDGE = 1e-9
"""A point on the border of two pixels belongs to the right and lower one, whatever its last bit."""

_LARGEST_LEVEL = 12
_LEVELS = _LARGEST_LEVEL + 1


def levels(backward: Tensor) -> Tensor:
    """How often images are to be halved along x and along y before they are looked up, against aliasing.

    A bilinear look-up sees two pixels each way. Where one step in the result is a step of s pixels in the image, the
    means of 2**round(log2(s)) pixels are looked up instead.

    Args:
        backward: float64, shape (N, 2, 3).

    Returns:
        int64, shape (N, 2).
    """
    steps = torch.hypot(backward[:, :, 0], backward[:, :, 1])
    return steps.clamp(min=1.0).log2().round().long().clamp(max=_LARGEST_LEVEL)


def shrunk(images: Tensor, level: tuple[int, int]) -> Tensor:
    """Means of 2**level pixels along x and y.

    Args:
        images: shape (n, C, H, W).
        level: along x and along y.
    """
    if level == (0, 0):
        return images
    kernel = (1 << level[1], 1 << level[0])
    return F.avg_pool2d(images, kernel, ceil_mode=True, count_include_pad=False)


_PIECE_VALUES = 3 << 16
"""Of float32 0.75 MiB, for the second cache: one photograph, or 16 of 64 pixels. Smaller ones cost more operations."""


def _sorted(level: Tensor) -> tuple[Rows, list[int]]:
    """An order of rows in which equal levels are neighbours, and the level of each place in it, as one number."""
    kind = level[:, 0] * _LEVELS + level[:, 1]
    kinds = kind.tolist()
    if len(set(kinds)) <= 1:
        return slice(None), kinds
    order = kind.argsort(stable=True)
    return order, [kinds[row] for row in order.tolist()]


def _cuts(kinds: list[int], most: int) -> list[tuple[int, int]]:
    """Where pieces begin and end: where the level changes or the cache is full."""
    cuts, start = [], 0
    for stop in range(1, len(kinds) + 1):
        if stop == len(kinds) or stop - start == most or kinds[stop] != kinds[start]:
            cuts.append((start, stop))
            start = stop
    return cuts


def _rows(order: Tensor | None, start: int, stop: int) -> Rows:
    """Those of a piece; None is the batch's own order."""
    if order is None:
        return slice(start, stop)
    first, last = int(order[start]), int(order[stop - 1])
    return slice(first, last + 1) if last - first == stop - start - 1 else order[start:stop]
