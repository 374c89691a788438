"""Step once for several batches, with the mean of their gradients."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.steps import wrap_steps


class Accumulate(Intervention):
    """Of the steps of each optimizer every `every`-th is taken, and gradients are cleared after these alone.

    Each backward pass adds its share, one part in `every`. Schedules go on as the program steps them.
    """

    name = "accumulate"
    options = frozenset({"every"})

    def install(self) -> None:
        """Stand before backward, clearing and stepping."""
        self._every = max(1, int(self.cure.options["every"]))
        self._calls: dict[int, int] = {}
        wrap((torch.autograd,), "backward", self._around_backward)
        wrap((Optimizer, torch.nn.Module), "zero_grad", self._around_clearing)
        wrap_steps(self._around_step)

    def _around_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(tensors: Any, grad_tensors: Any = None, *args: Any, **kwargs: Any) -> Any:
            if isinstance(tensors, Tensor) and grad_tensors is None and tensors.numel() == 1:
                grad_tensors = torch.full_like(tensors, 1 / self._every)
            return original(tensors, grad_tensors, *args, **kwargs)

        return backward

    def _around_clearing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def zero_grad(owner: Any, *args: Any, **kwargs: Any) -> Any:
            waiting = [count for count in self._calls.values() if count % self._every]
            return None if waiting else original(owner, *args, **kwargs)

        return zero_grad

    def _around_step(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
            if any(callable(value) for value in (*args, *kwargs.values())):
                self.refuse("the step computes its gradients itself, by a closure")
                return original(optimizer, *args, **kwargs)
            count = self._calls[id(optimizer)] = self._calls.get(id(optimizer), 0) + 1
            if count % self._every:
                self.applied()
                return None
            return original(optimizer, *args, **kwargs)

        return step
