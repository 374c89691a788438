"""Let an optimizer step after the backward pass that follows, in place of before it."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

from wellfit.intervene.intervention import Intervention, wrap


class StepAfterBackward(Intervention):
    """A step that a line takes waits until the next backward pass has ended."""

    name = "step_after_backward"

    def install(self) -> None:
        """Stand before the steps of every class of optimizers, and after backward."""
        self._waiting: list[Callable[[], Any]] = []
        self._patched: set[type] = set()
        wrap((Optimizer,), "_patch_step_function", self._around_patching)
        wrap((torch.autograd,), "backward", self._around_backward)

    def _around_patching(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def patch(optimizer: Optimizer) -> None:
            original(optimizer)
            if type(optimizer) not in self._patched:
                self._patched.add(type(optimizer))
                wrap((type(optimizer),), "step", self._around_step)

        return patch

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

        step.__dict__["hooked"] = True  # else torch would put its own hooks around once more
        return step

    def _around_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(*args: Any, **kwargs: Any) -> Any:
            original(*args, **kwargs)
            waiting, self._waiting = self._waiting, []
            for step in waiting:
                step()

        return backward
