"""A function of torch with a rule of ours for many trials, in place of vmap's own."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Axes = tuple[int | None, ...]
"""Where each tensor has its axis of trials; None where it is one for all of them."""

Rule = Callable[..., tuple[Tensor, int]]
"""From the number of trials, the axes and the tensors to the outputs of all trials, and their axis of trials."""


def ruled(function: Callable[..., Tensor], rule: Rule, *tensors: Tensor | None) -> Tensor:
    """What a function makes of tensors; within vmap, what the rule makes of those of all trials.

    Args:
        function: of the tensors of one trial; differentiable.
        rule: of all trials; its operations bring their own backward.
        tensors: floating point, or None.
    """
    made: Tensor = _Ruled.apply(function, rule, *tensors)  # type: ignore[no-untyped-call]
    return made


def in_front(tensor: Tensor | None, axis: int | None, trials: int) -> Tensor | None:
    """A tensor with an axis of trials in front, which takes no memory where it is one for all of them."""
    if tensor is None:
        return None
    return tensor.expand(trials, *tensor.shape) if axis is None else tensor.movedim(axis, 0)


class _Ruled(torch.autograd.Function):
    """A place for the rule; the backward is for a forward that takes derivatives itself."""

    @staticmethod
    def forward(function: Callable[..., Tensor], rule: Rule, *tensors: Tensor | None) -> Tensor:  # noqa: ARG004
        return function(*tensors)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:  # noqa: ARG004
        function, _, *tensors = inputs
        ctx.function = function
        ctx.save_for_backward(*tensors)

    @staticmethod
    def backward(ctx: Any, *outer: Any) -> Any:
        tensors = list(ctx.saved_tensors)
        wanted = [i for i in range(len(tensors)) if ctx.needs_input_grad[i + 2]]

        def of_wanted(*chosen: Tensor) -> Tensor:
            given = dict(zip(wanted, chosen, strict=True))
            made: Tensor = ctx.function(*(given.get(i, t) for i, t in enumerate(tensors)))
            return made

        pull = torch.func.vjp(of_wanted, *(tensors[i] for i in wanted))[1]
        found = dict(zip(wanted, pull(*outer), strict=True))
        return None, None, *(found.get(i) for i in range(len(tensors)))

    @staticmethod
    def vmap(info: Any, in_dims: Any, function: Any, rule: Rule, *tensors: Tensor | None) -> tuple[Tensor, int]:  # noqa: ARG004
        return rule(info.batch_size, tuple(in_dims[2:]), *tensors)
