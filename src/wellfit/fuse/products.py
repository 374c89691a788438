"""Products of many trials' batches with their weights, without vmap's copies."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.fuse.ruled import Axes, in_front, ruled


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:  # noqa: A002  # F.linear's own signature
    """`F.linear`.

    Args:
        input: shape (..., in).
        weight: shape (out, in).
        bias: shape (out,), or None.

    Returns:
        Shape (..., out).
    """
    return ruled(F.linear, _linear_of_all, input, weight, bias)


def _linear_of_all(trials: int, axes: Axes, x: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, int]:
    weights, shifts, inputs = (
        in_front(t, axis, trials) for t, axis in zip((weight, bias, x), (axes[1], axes[2], axes[0]), strict=True)
    )
    assert weights is not None and inputs is not None  # noqa: PT018, S101  # only a bias is optional
    made = dense(inputs.reshape(trials, -1, inputs.shape[-1]), weights, shifts)
    return made.view(*inputs.shape[:-1], -1), 0


def dense(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`F.linear` of each trial.

    Args:
        x: shape (K, B, in).
        weight: shape (K, out, in).
        bias: shape (K, out), or None.

    Returns:
        Shape (K, B, out).
    """
    made: Tensor = _Dense.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return made


class _Dense(torch.autograd.Function):
    """Products whose backward makes the weight's gradient in the weight's own layout: no copy turns it afterwards."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        if bias is None:
            return torch.bmm(x, weight.transpose(1, 2))
        return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))

    @staticmethod
    def backward(ctx: Any, *outer: Any) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        (g,), (x, weight) = outer, ctx.saved_tensors
        wanted = ctx.needs_input_grad
        dx = torch.bmm(g, weight) if wanted[0] else None
        return dx, torch.bmm(g.transpose(1, 2), x) if wanted[1] else None, g.sum(1) if wanted[2] else None
