"""Torch's dropouts with the numbers that decide as an argument, and a p that may be a tensor, one for each trial."""

from collections.abc import Callable

import torch
from torch import Tensor

from wellfit.fuse.ruled import Axes, ruled

SELU_ALPHA = 1.7580993408473766
"""Scale times alpha of SELU: what alpha dropout sets dropped values to, negative."""

Draw = Callable[[tuple[int, ...]], Tensor]
"""From a shape to uniform numbers in [0, 1)."""


def kept(p: float | Tensor, shape: tuple[int, ...], draw: Draw) -> Tensor:
    """1 / (1 - p) where a number is kept, else 0; all 0 where p is 1."""
    u = draw(shape)
    if isinstance(p, Tensor):
        return ruled(_masked, _masked_of_all, u, p)
    return (u >= p).to(u.dtype).mul_(1 / (1 - p) if p < 1 else 0.0)


def _masked(u: Tensor, p: Tensor) -> Tensor:
    return (u >= p).to(u.dtype) * _scale(p)


def _masked_of_all(trials: int, axes: Axes, u: Tensor, p: Tensor) -> tuple[Tensor, int]:  # noqa: ARG001
    u = u if axes[0] is None else u.movedim(axes[0], 0)
    of_one = u.dim() - (axes[0] is not None)
    return mask(u, p.view(-1, *(1 for _ in range(of_one)))), 0


def mask(u: Tensor, p: Tensor) -> Tensor:
    """What dropouts of many trials multiply by: 1 / (1 - p) where a number is kept, else 0.

    Args:
        u: uniform numbers, shape (K, ...), or (...) where trials share them.
        p: shape (K, 1, ...).

    Returns:
        Shape (K, ...).
    """
    made = torch.empty(torch.broadcast_shapes(u.shape, p.shape), dtype=u.dtype, device=u.device)
    torch.ge(u, p, out=made)  # 1.0 and 0.0 at once: ten times as quick as by way of bool
    return made.mul_(_scale(p))


def _scale(p: Tensor) -> Tensor:
    return torch.where(p < 1, 1 / (1 - p), 0.0)


def dropout(x: Tensor, p: float | Tensor, draw: Draw) -> Tensor:
    """`F.dropout` in training."""
    return x * kept(p, tuple(x.shape), draw).to(x.dtype)


def feature_dropout(x: Tensor, p: float | Tensor, draw: Draw, unbatched: int) -> Tensor:
    """`F.dropout1d` and its like in training: whole channels.

    Args:
        x: shape (B, C, ...), or (C, ...) where it has `unbatched` axes.
        p: chance that a channel is dropped.
        draw: numbers.
        unbatched: axes of one sample; 0 where a first axis is always the batch.
    """
    lead = 1 if x.dim() == unbatched else 2
    shape = (*x.shape[:lead], *(1 for _ in x.shape[lead:]))
    return x * kept(p, shape, draw).to(x.dtype)


def alpha_dropout(x: Tensor, p: float | Tensor, draw: Draw, *, features: bool) -> Tensor:
    """`F.alpha_dropout` in training, which keeps mean and variance of SELU's outputs; zeros where p is 1."""
    shape = (*x.shape[:2], *(1 for _ in x.shape[2:])) if features else tuple(x.shape)
    p = torch.as_tensor(p, dtype=torch.float32, device=x.device)
    keep = (draw(shape) >= p).to(x.dtype)
    scale = torch.where(p < 1, ((SELU_ALPHA**2 * p + 1) * (1 - p)).clamp(min=1e-30).rsqrt(), 0.0)
    shift = SELU_ALPHA * scale
    return x * keep * scale + (keep - 1) * shift + shift * p * (p < 1)
