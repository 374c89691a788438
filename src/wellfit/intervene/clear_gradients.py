"""Clear the gradients before the backward pass of one line."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.model.place import Place


class ClearGradients(Intervention):
    """Each optimizer that has stepped has its gradients cleared before the next backward pass of the line.

    With `ignore_file` and `ignore_line`, a `zero_grad` at that line does nothing: it came at the wrong moment.
    """

    name = "clear_gradients"
    options = frozenset({"ignore_file", "ignore_line"})

    def install(self) -> None:
        """Stand before backward; follow the steps."""
        self._stepped: dict[int, Optimizer] = {}
        register_optimizer_step_post_hook(self._after_step)
        wrap((torch.autograd,), "backward", self._around_backward)
        if "ignore_line" in self.cure.options:
            wrap((Optimizer, torch.nn.Module), "zero_grad", self._around_clearing)

    def _after_step(self, optimizer: Optimizer, *_: Any) -> None:
        self._stepped[id(optimizer)] = optimizer

    def _around_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(*args: Any, **kwargs: Any) -> Any:
            if self._stepped and self.sites.is_here(self.cure.place):
                for optimizer in self._stepped.values():
                    self._zero(optimizer)
                self._stepped.clear()
                self.applied()
            return original(*args, **kwargs)

        return backward

    def _zero(self, optimizer: Optimizer) -> None:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def _around_clearing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        options = self.cure.options
        meant = Place(options["ignore_file"], options["ignore_line"], "")

        def zero_grad(*args: Any, **kwargs: Any) -> Any:
            return None if self.sites.is_here(meant) else original(*args, **kwargs)

        return zero_grad
