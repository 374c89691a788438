"""2x3 matrices, one for each sample, that move points of its image.

Points are (x, y) from the upper left corner, in pixels: the first pixel covers 0 to 1, its centre is at 0.5. A matrix
takes a point of the image to where it is seen in the result. Float64: sums of large terms that nearly cancel.
"""

import torch
from torch import Tensor

Size = tuple[int, int]
"""Height and width in pixels."""


def _matrices(rows: list[list[Tensor | float]], like: Tensor) -> Tensor:
    parts = [torch.as_tensor(value, dtype=torch.float64, device=like.device) for row in rows for value in row]
    return torch.stack(torch.broadcast_tensors(*parts, like.double())[:-1], -1).reshape(-1, 2, 3)


def flips(flip: Tensor, size: Size) -> Tensor:
    """Mirror left to right where it is told.

    Args:
        flip: bool, shape (N,).
        size: height and width of the images.

    Returns:
        float64, shape (N, 2, 3).
    """
    sign = 1 - 2 * flip.double()
    return _matrices([[sign, 0, flip * float(size[1])], [0, 1, 0]], sign)


def rotations(degrees: Tensor, size: Size) -> Tensor:
    """Turn about the centre, counterclockwise as it is seen.

    Args:
        degrees: float, shape (N,).
        size: height and width of the images.

    Returns:
        float64, shape (N, 2, 3).
    """
    turn = torch.deg2rad(degrees.double())
    cos, sin = turn.cos(), turn.sin()
    x, y = size[1] / 2, size[0] / 2
    return _matrices([[cos, sin, x - cos * x - sin * y], [-sin, cos, y + sin * x - cos * y]], cos)


def mirrored_turns(flip: Tensor, degrees: Tensor, size: Size) -> Tensor:
    """Mirror where it is told, then turn: both leave the centre where it is.

    Args:
        flip: bool, shape (N,).
        degrees: float, shape (N,).
        size: height and width of the images.

    Returns:
        float64, shape (N, 2, 3).
    """
    turn, sign = torch.deg2rad(degrees.double()), 1 - 2 * flip.double()
    cos, sin = turn.cos(), turn.sin()
    linear = torch.stack([cos * sign, sin, -sin * sign, cos], 1).reshape(-1, 2, 2)
    centre = linear.new_tensor([[size[1] / 2], [size[0] / 2]])
    return torch.cat([linear, centre - linear @ centre], 2)


def windows(boxes: Tensor, size: Size) -> Tensor:
    """Scale a window to the whole of the result.

    Args:
        boxes: float, shape (N, 4): left, top, right and bottom edge of each window.
        size: height and width of the result.

    Returns:
        float64, shape (N, 2, 3).
    """
    corner, opposite = boxes.double().reshape(-1, 2, 2).unbind(1)
    scale = corner.new_tensor(size[::-1]) / (opposite - corner)  # (N, 2)
    return torch.cat([scale.diag_embed(), (-scale * corner)[:, :, None]], 2)


def compose(first: Tensor, then: Tensor) -> Tensor:
    """One matrix for two moves in turn.

    Args:
        first: float64, shape (N, 2, 3).
        then: float64, shape (N, 2, 3).
    """
    linear = then[:, :, :2] @ first
    return torch.cat([linear[:, :, :2], linear[:, :, 2:] + then[:, :, 2:]], 2)


def inverse(matrices: Tensor) -> Tensor:
    """From the result back to the image.

    Args:
        matrices: float64, shape (N, 2, 3).
    """
    (a, b, c), (d, e, f) = (row.unbind(1) for row in matrices.unbind(1))
    det = a * e - b * d
    rows = [e, -b, b * f - e * c, -d, a, d * c - a * f]
    return (torch.stack(rows, 1) / det[:, None]).reshape(-1, 2, 3)


def moved(points: Tensor, matrices: Tensor) -> Tensor:
    """Points where they are seen in the result.

    Args:
        points: float, shape (B, P, 2).
        matrices: float64, shape (B, 2, 3).

    Returns:
        The points' dtype, shape (B, P, 2).
    """
    result = points.double() @ matrices[:, :, :2].transpose(1, 2) + matrices[:, None, :, 2]
    return result.to(points.dtype)
