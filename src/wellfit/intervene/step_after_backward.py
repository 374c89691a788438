"""Let an optimizer step after the backward pass that follows, in place of before it."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.steps import wrap_steps


class StepAfterBackward(Intervention):
    """A step that a line takes waits until the next backward pass has ended."""

    name = "step_after_backward"

    def install(self) -> None:
        """Stand before the steps of every class of optimizers, and after backward."""
        self._waiting: list[Callable[[], Any]] = []
        wrap_steps(self._around_step)
        wrap((torch.autograd,), "backward", self._around_backward)

    def _around_step(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
            if not self.sites.is_here(self.cure.place):
                return original(optimizer, *args, **kwargs)
            if any(callable(value) for value in (*args, *kwargs.values())):
                self.refuse("the step computes its gradients itself, by a closure")
                return original(optimizer, *args, **kwargs)
            self._waiting.append(lambda: original(optimizer, *args, **kwargs))
            self.applied()
            return None

        return step

    def _around_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(*args: Any, **kwargs: Any) -> Any:
            original(*args, **kwargs)
            waiting, self._waiting = self._waiting, []
            for step in waiting:
                step()

        return backward
