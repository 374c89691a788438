"""Look up each pixel of the result in its image, once, however many moves went into the matrix."""

import math
from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from wellfit.regularize.vision.affine import Size

Padding = Literal["fill", "border", "reflect"]
"""What lies outside the image: one value, its edge drawn out, or its mirror image."""

PADDINGS = {"fill": "zeros", "border": "border", "reflect": "reflection"}
"""The same in `grid_sample`'s words; a value other than 0 is subtracted before and added after."""


def grid(backward: Tensor, size: Size, source: Size, dtype: torch.dtype) -> Tensor:
    """Where each pixel of the result lies in its image, as `grid_sample` wants it: -1 and 1 are the edges.

    One sum of a row and a column of complex numbers writes x and y side by side in one pass: 15 times the speed of
    `affine_grid` on a CPU.

    Args:
        backward: float64, shape (n, 2, 3), from the result to the image, in pixels.
        size: of the result.
        source: of the image.
        dtype: float32 or float64.

    Returns:
        shape (n, h, w, 2).
    """
    scale = torch.tensor([[2 / source[1]], [2 / source[0]]], dtype=torch.float64, device=backward.device)
    step_x, step_y, start = (column.to(dtype).contiguous() for column in (backward * scale).unbind(2))
    xs = torch.arange(size[1], device=backward.device, dtype=dtype) + 0.5
    ys = torch.arange(size[0], device=backward.device, dtype=dtype) + 0.5
    row = step_x[:, None] * xs[:, None]  # (n, w, 2)
    column = step_y[:, None] * ys[:, None] + (start - 1)[:, None]  # (n, h, 2)
    return torch.view_as_real(torch.view_as_complex(row)[:, None] + torch.view_as_complex(column)[:, :, None])


def look_up(images: Tensor, backward: Tensor, size: Size, padding: Padding) -> Tensor:
    """Bilinear values of one chunk.

    Args:
        images: float32 or float64, shape (n, C, H, W).
        backward: float64, shape (n, 2, 3), from the result to the image.
        size: of the result.
        padding: what lies outside; fill is 0.

    Returns:
        shape (n, C, h, w).
    """
    at = grid(backward, size, (images.shape[2], images.shape[3]), images.dtype)
    return F.grid_sample(images, at, mode="bilinear", padding_mode=PADDINGS[padding], align_corners=False)


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
    steps = backward[:, :, :2].norm(dim=2).clamp(min=1.0)
    return steps.log2().round().long().clamp(max=_LARGEST_LEVEL)


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


def at_level(backward: Tensor, level: tuple[int, int]) -> Tensor:
    """The same look-up in shrunk images.

    Args:
        backward: float64, shape (n, 2, 3), in pixels of the images.
        level: along x and along y.
    """
    factors = torch.tensor([[2.0 ** -level[0]], [2.0 ** -level[1]]], dtype=torch.float64, device=backward.device)
    return backward * factors


def stays_inside(backward: Tensor, size: Size, source: Size) -> Tensor:
    """Whether no pixel of the result lies outside the image: then there is nothing to fill, up to its very edge.

    Args:
        backward: float64, shape (N, 2, 3).
        size: of the result.
        source: of the image.

    Returns:
        bool, shape (N,).
    """
    corners = torch.tensor([[x, y, 1.0] for x in (0, size[1]) for y in (0, size[0])], dtype=torch.float64)
    ends = torch.tensor([[source[1]], [source[0]]], dtype=torch.float64, device=backward.device)
    at = backward @ corners.to(backward.device).T  # (N, 2, 4)
    return ((at > -_EDGE) & (at < ends + _EDGE)).flatten(1).all(1)


_EDGE = 1e-6
"""Pixels: rounding of the matrices."""

_CHUNK_VALUES = 1 << 18
"""1 MiB of float32: the chunk and what is made of it stay in the second cache. One photograph, or 21 of 64 pixels."""

Chunk = tuple[Tensor | slice, tuple[int, int], Padding]
"""Rows of the batch, their level, and the padding that they need."""


def chunks(backward: Tensor, size: Size, source: Size, padding: Padding, *, channels: int) -> Iterator[Chunk]:
    """Cut a batch into pieces that are looked up alike.

    Args:
        backward: float64, shape (N, 2, 3).
        size: of the result.
        source: of the images.
        padding: what lies outside the images.
        channels: C.

    Yields:
        Rows, their level, and their padding.
    """
    inside = stays_inside(backward, size, source) if padding == "fill" else torch.zeros(len(backward), dtype=torch.bool)
    kinds = torch.cat([levels(backward).cpu(), inside[:, None].cpu().long()], 1)
    rows = max(1, _CHUNK_VALUES // (channels * math.prod(size)))
    for kind, members in _groups(kinds):
        level = (int(kind[0]), int(kind[1]))
        for piece in members.split(rows):
            yield _as_slice(piece), level, "border" if kind[2] else padding


def _groups(kinds: Tensor) -> Iterator[tuple[list[int], Tensor]]:
    """Each kind with the rows that are of it."""
    if not len(kinds):
        return
    names, which = torch.unique(kinds, dim=0, return_inverse=True)
    for place, name in enumerate(names.tolist()):
        yield name, (which == place).nonzero().flatten()


def _as_slice(rows: Tensor) -> Tensor | slice:
    """Neighbouring rows are looked at where they are; others are copied together."""
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows
