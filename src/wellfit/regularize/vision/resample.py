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


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbours in a layout's order, which are looked up alike and together fit into the cache.

    Args:
        start: place of the first in that order.
        stop: one past the last.
        rows: which of the batch they are.
        level: how often they are halved along x and along y before they are looked up.
        padding: what lies outside the images.
    """

    start: int
    stop: int
    rows: Tensor | slice
    level: tuple[int, int]
    padding: Padding


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each pixel of each result lies in its image, and in which pieces to look them up.

    A place is x and y in `grid_sample`'s units (-1 and 1 are the edges), each a sum of one number for its column and
    one for its row. All x lie before all y, as `grid_sample` reads them fastest; that sum takes a fifteenth of
    `affine_grid`'s time on a CPU.

    Args:
        order: of the batch's rows, int64, shape (N,).
        pieces: of that order.
        columns: float, shape (N, 2, 1, w), in that order.
        lines: float, shape (N, 2, h, 1), in that order.
    """

    order: Tensor
    pieces: list[Piece]
    columns: Tensor
    lines: Tensor

    def look_up(self, images: Tensor, piece: Piece) -> Tensor:
        """Bilinear values of one piece.

        Args:
            images: float32 or float64, shape (n, C, H, W), those of the piece, less the fill.
            piece: of this layout.

        Returns:
            shape (n, C, h, w).
        """
        places = self.columns[piece.start : piece.stop] + self.lines[piece.start : piece.stop]
        grid, source, outside = places.permute(0, 2, 3, 1), shrunk(images, piece.level), PADDINGS[piece.padding]
        return F.grid_sample(source, grid, mode="bilinear", padding_mode=outside, align_corners=False)


def lay_out(backward: Tensor, size: Size, images: Tensor, padding: Padding) -> Layout:
    """Prepare the look-up of a batch.

    Args:
        backward: float64, shape (N, 2, 3), from the result to the image, in pixels.
        size: height and width of the result.
        images: shape (N, C, H, W).
        padding: what lies outside the images.
    """
    source, level = (images.shape[2], images.shape[3]), levels(backward)
    order, pieces = _pieces(level, padding, images.shape[1] * math.prod(size))
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    columns, lines = _places(backward, level, size, source)
    if padding == "fill" and bool(_upright(backward).any()):
        columns, lines = _within_edges(columns, lines, backward, level, source)
    return Layout(order, pieces, columns[order].to(dtype)[:, :, None], lines[order].to(dtype)[:, :, :, None])


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


_PIECE_VALUES = 1 << 18
"""1 MiB of float32: the piece and what is made of it stay in the second cache. One photograph, or 21 of 64 pixels."""


def _pieces(level: Tensor, padding: Padding, values: int) -> tuple[Tensor, list[Piece]]:
    """Sort rows by their level, and cut them where that changes or the cache is full."""
    order = (level[:, 0] * (_LARGEST_LEVEL + 1) + level[:, 1]).argsort(stable=True)
    kinds, rows, most = level[order].tolist(), order.tolist(), max(1, _PIECE_VALUES // values)
    pieces, start = [], 0
    for stop in range(1, len(kinds) + 1):
        if stop == len(kinds) or stop - start == most or kinds[stop] != kinds[start]:
            x, y = kinds[start]
            first, last = rows[start], rows[stop - 1]
            near = last - first == stop - start - 1  # neighbours are looked at where they are, others copied together
            chosen = slice(first, last + 1) if near else order[start:stop]
            pieces.append(Piece(start, stop, chosen, (x, y), padding))
            start = stop
    return order, pieces
