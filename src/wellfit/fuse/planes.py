"""Convolutions and pools of images of many trials: channels of all trials side by side, as if they were one image's.

On a CPU the channels lie last in memory from the first convolution to the last pool: torch's kernels for batch norm and
pools go along them then, a vector register at a time, and those for convolutions take no longer.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.fuse.ruled import Axes, in_front, ruled

IMAGES = 4
"""Axes of a batch of images: samples, channels, height, width."""


def conv2d(  # noqa: PLR0913, PLR0917  # F.conv2d's own signature
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """`F.conv2d`.

    Args:
        x: shape (B, C, H, W); (C, H, W) is left to torch.
        weight: shape (O, C / groups, h, w).
        bias: shape (O,), or None.
        stride: as torch's.
        padding: the same.
        dilation: the same.
        groups: the same.
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    of_one = partial(F.conv2d, **options, groups=groups)
    if x.dim() != IMAGES:
        return of_one(x, weight, bias)
    return ruled(of_one, partial(_convolved, options, groups), x, weight, bias)


def _convolved(  # noqa: PLR0913, PLR0917  # what is bound in front, and what every rule takes
    options: dict[str, Any], groups: int, trials: int, axes: Axes, x: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, int]:
    """Convolutions of all trials as one with a group for each, or without groups where they share the image."""
    kernels, shifts = in_front(weight, axes[1], trials), in_front(bias, axes[2], trials)
    assert kernels is not None  # noqa: S101  # only a bias is optional
    shared = axes[0] is None and groups == 1
    image = x if shared else _beside(x, axes[0], trials)
    column = None if shifts is None else shifts.reshape(-1)
    together = 1 if shared else trials * groups
    made = F.conv2d(_channels_last(image), kernels.flatten(0, 1), column, **options, groups=together)
    return made.unflatten(1, (trials, -1)), 1


def on_each_plane(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """What does the same to each channel by itself, as pools do.

    Args:
        function: of images, shape (B, C, H, W), and of options.
    """

    def of_images(x: Tensor, *args: Any, **options: Any) -> Tensor:
        def of_one(images: Tensor) -> Tensor:
            return function(images, *args, **options)

        if x.dim() != IMAGES or options.get("return_indices"):
            return of_one(x)
        return ruled(of_one, partial(_of_planes, of_one), x)

    return of_images


def _of_planes(of_one: Callable[[Tensor], Tensor], trials: int, axes: Axes, x: Tensor) -> tuple[Tensor, int]:
    return of_one(_channels_last(_beside(x, axes[0], trials))).unflatten(1, (trials, -1)), 1


def _beside(x: Tensor, axis: int | None, trials: int) -> Tensor:
    """Shape (B, K * C, H, W) from (B, C, H, W) and an axis of K trials; no copy where they lie so."""
    x = x.movedim(axis, 1) if axis is not None else x[:, None].expand(-1, trials, *x.shape[1:])
    return x.reshape(x.shape[0], -1, *x.shape[3:])


def _channels_last(x: Tensor) -> Tensor:
    """The same with the channels last in memory, on a CPU."""
    if x.device.type != "cpu":
        return x
    if x.shape[1] > 1:
        return x.contiguous(memory_format=torch.channels_last)
    # one channel lies so in any case, but torch's kernels tell by the strides, which have to be those of the format
    return x.reshape(x.shape[0], *x.shape[2:], 1).movedim(-1, 1)


POOLS: Any = (F.avg_pool2d, F.max_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d)

TAKERS: dict[Any, Callable[..., Tensor]] = {
    F.conv2d: conv2d,
    **{pool: on_each_plane(pool) for pool in POOLS},
}
"""What stands for torch's own where trials are stacked."""
