"""Batch norm of many trials by torch's own kernel: their channels side by side, as if they were one image's."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def batch_norm(  # noqa: PLR0913, PLR0917  # F.batch_norm's own signature
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,  # noqa: FBT001, FBT002
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`F.batch_norm` that vmap takes in training, too; running statistics are updated in place.

    Args:
        x: shape (B, C, ...).
        running_mean: shape (C,), or None.
        running_var: the same.
        weight: gain, shape (C,), or None.
        bias: the same.
        training: whether the batch's own statistics are used.
        momentum: share of the batch in the running statistics.
        eps: added to the variance.
    """
    tensors = (x, running_mean, running_var, weight, bias)
    normed: Tensor = _BatchNorm.apply(*tensors, training, momentum, eps)  # type: ignore[no-untyped-call]
    return normed


class _BatchNorm(torch.autograd.Function):
    """A place for a rule of vmap; the rule's operations bring their own backward."""

    @staticmethod
    def forward(*arguments: Any) -> Tensor:
        return F.batch_norm(*arguments)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *outer: Any) -> Any:
        raise NotImplementedError("batch norm of one trial is torch's own")

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any, *rest: Any) -> tuple[Tensor, int]:
        trials = info.batch_size
        x = x.movedim(in_dims[0], 1) if in_dims[0] is not None else x[:, None].expand(-1, trials, *x.shape[1:])
        columns: Any = [_flat(t, axis, trials) for t, axis in zip(rest[:4], in_dims[1:5], strict=True)]
        beside = x.reshape(x.shape[0], -1, *x.shape[3:])  # (B, K * C, ...): no copy behind a convolution of all trials
        return F.batch_norm(beside, *columns, *rest[4:]).view(x.shape), 1


def _flat(column: Tensor | None, axis: int | None, trials: int) -> Tensor | None:
    """Numbers of all trials' channels in one row; statistics share memory with what is updated."""
    if column is None:
        return None
    return column.movedim(axis, 0).reshape(-1) if axis is not None else column.repeat(trials)
