"""Fill values that are not finite in what a model is called with."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.intervention import Intervention


class FillInputs(Intervention):
    """NaN and infinite values in the first argument of a model that the line calls become their feature's mean.

    Where all values of a feature are missing in a batch, they become 0.
    """

    name = "fill_inputs"

    def install(self) -> None:
        """Look at the calls of modules; one that was filled once is filled anywhere."""
        self._known: set[int] = set()
        before_calls(self._before)

    def _before(self, module: Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if torch.compiler.is_compiling() or not is_outermost(beside=True):
            return None
        if id(module) not in self._known and not self.sites.is_here(self.cure.place):
            return None
        self._known.add(id(module))
        if not args or not isinstance(args[0], Tensor) or not args[0].is_floating_point():
            self.refuse(f"{type(module).__name__} is not called with numbers as its first argument")
            return None
        finite = args[0].isfinite()
        if bool(finite.all()):
            return None
        self.applied()
        return (_filled(args[0], finite), *args[1:])


def _filled(given: Tensor, finite: Tensor) -> Tensor:
    kept = torch.where(finite, given, torch.zeros_like(given))
    mean = kept.sum(0, keepdim=True) / finite.sum(0, keepdim=True).clamp_min(1)
    return torch.where(finite, given, mean.expand_as(given))
