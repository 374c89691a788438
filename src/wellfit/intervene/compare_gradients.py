"""Hold the weights still for some steps, and compare gradients of single batches with their mean."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.model.events.batch import GradientsCompared


class CompareGradients(Intervention):
    """From step `begin` on, `groups` times, `batches` steps change nothing and report the norms of their gradients.

    Each group of batches has one mean gradient, and after it the program trains for `between` steps. Of the optimizers,
    the one with most parameters speaks. Clipping would shorten single gradients and their mean unlike, and is left out
    meanwhile.
    """

    name = "compare_gradients"
    options = frozenset({"begin", "groups", "batches", "between"})

    def install(self) -> None:
        """Stand before each step."""
        options = self.cure.options
        self._begin, self._batches = int(options["begin"]), int(options["batches"])
        self._left, self._between = int(options["groups"]), int(options.get("between", 0))
        self._main: Optimizer | None = None
        self._seen: list[Optimizer] = []
        self._sum: dict[int, Tensor] = {}
        self._squares: list[float] = []
        wrap((torch.nn.utils, torch.nn.utils.clip_grad), "clip_grad_norm_", self._around_clipping)
        register_optimizer_step_pre_hook(self._before_step)

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        if not any(optimizer is seen for seen in self._seen):
            self._seen.append(optimizer)
        if not self._holds():
            return None
        if isinstance(optimizer, torch.optim.LBFGS):
            self.refuse("a step of LBFGS computes gradients at several weights")
            self._left = 0
            return None
        self._main = self._main or max(self._seen, key=_parameters)
        if any(callable(value) for value in (*args[1:], *kwargs.values())):
            held = {name: self._held(optimizer, value) for name, value in kwargs.items()}
            return (args[0], *(self._held(optimizer, value) for value in args[1:])), held
        self._take_from(optimizer)
        return None

    def _held(self, optimizer: Optimizer, value: Any) -> Any:
        """A closure behind which the gradients that it computes are gone."""
        if not callable(value):
            return value

        def closure(*args: Any, **kwargs: Any) -> Any:
            loss = value(*args, **kwargs)
            self._take_from(optimizer)
            return loss

        return closure

    def _take_from(self, optimizer: Optimizer) -> None:
        if optimizer is self._main:
            self._take(_gradients(optimizer))
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None  # every optimizer passes over a parameter without a gradient

    def _around_clipping(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def clip(parameters: Any, most: Any, *args: Any, **kwargs: Any) -> Any:
            return original(parameters, math.inf if self._holds() else most, *args, **kwargs)

        return clip

    def _holds(self) -> bool:
        if self._left <= 0 or self.phases.steps < self._begin:
            return False
        return (self.phases.steps - self._begin) % (self._batches + self._between) < self._batches

    @torch.no_grad()
    def _take(self, gradients: dict[int, Tensor]) -> None:
        if not gradients:
            return
        self._squares.append(_square(gradients.values()))
        for key, gradient in gradients.items():
            self._sum[key] = gradient + self._sum[key] if key in self._sum else gradient.clone()
        if len(self._squares) == self._batches:
            self._tell()

    def _tell(self) -> None:
        count = len(self._squares)
        self.emit(GradientsCompared(count, sum(self._squares) / count, _square(self._sum.values()) / count**2))
        self.applied(count)
        self._sum, self._squares = {}, []
        self._left -= 1


def _parameters(optimizer: Optimizer) -> int:
    return sum(p.numel() for group in optimizer.param_groups for p in group["params"])


def _gradients(optimizer: Optimizer) -> dict[int, Tensor]:
    parameters = (p for group in optimizer.param_groups for p in group["params"])
    found = ((id(p), p.grad) for p in parameters if p.grad is not None)
    return {key: (g.to_dense() if g.is_sparse else g).detach().float() for key, g in found}


def _square(gradients: Iterable[Tensor]) -> float:
    norms = [torch.linalg.vector_norm(gradient, dtype=torch.float64).cpu() for gradient in gradients]
    return float(torch.stack(norms).square().sum())
