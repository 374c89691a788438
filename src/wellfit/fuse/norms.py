"""Batch norm by plain operations, so that statistics of each trial are among the stacked buffers."""

import torch
from torch import Tensor


def batch_norm(
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,  # noqa: FBT001, FBT002  # F.batch_norm's own signature
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`F.batch_norm`, which vmap takes only in parts; running statistics are updated in place.

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
    shape = (1, -1, *(1 for _ in x.shape[2:]))
    if training or running_mean is None or running_var is None:
        axes = (0, *range(2, x.dim()))
        var, mean = torch.var_mean(x, axes, correction=0)
        if training and running_mean is not None and running_var is not None:
            _follow(running_mean, mean, momentum)
            count = x.numel() // x.shape[1]
            _follow(running_var, var * (count / max(1, count - 1)), momentum)
    else:
        mean, var = running_mean, running_var
    scale = torch.rsqrt(var + eps) if weight is None else weight * torch.rsqrt(var + eps)
    shift = -mean * scale if bias is None else bias - mean * scale
    return torch.addcmul(shift.view(shape), x, scale.view(shape))


def _follow(running: Tensor, seen: Tensor, momentum: float) -> None:
    with torch.no_grad():
        running.mul_(1 - momentum).add_(seen.detach() * momentum)
