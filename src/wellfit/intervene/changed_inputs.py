"""Interventions on what the user's loop calls its models with."""

import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.intervene.calls import before_calls, call_site, is_outermost
from wellfit.intervene.intervention import MOST_NOTED, Intervention
from wellfit.intervene.sites import is_ours
from wellfit.model.events.trial import InputsChanged
from wellfit.model.place import CallSite


class ChangedInputs(Intervention):
    """Base of interventions that change the first argument of each call of a model with parameters.

    `generator` is one of their own, so that the program's goes on as it would.
    """

    def install(self) -> None:
        """Look at every call from outside."""
        self._known: set[int] = set()
        self._called_at: dict[CallSite | None, None] = {}
        self.generator = torch.Generator().manual_seed(torch.initial_seed() % 2**63)
        before_calls(self._before)

    def change(self, module: Module, given: Tensor) -> Tensor | None:
        """The changed argument; None where it stays."""
        raise NotImplementedError

    def _is_meant(self, module: Module) -> bool:
        if id(module) not in self._known:
            if next(module.parameters(), None) is None or not self.sites.is_here(self.cure.place, depth=2):
                return False
            self._known.add(id(module))
        return True

    def _before(self, module: Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if torch.compiler.is_compiling() or not is_outermost(beside=True) or not self._is_meant(module):
            return None
        if not args or not isinstance(args[0], Tensor) or not args[0].dim():
            self.refuse(f"{type(module).__name__} is not called with a tensor as its first argument")
            return None
        changed = self.change(module, args[0])
        if changed is None:
            return None
        self.applied()
        if self.times <= MOST_NOTED and not is_ours(sys._getframe(1)):
            self._called_at[call_site(self.sites)] = None
        return (changed, *args[1:])

    def scores(self) -> Iterator[InputsChanged]:
        """Where the program makes the calls."""
        sites = tuple(site for site in self._called_at if site is not None)
        yield InputsChanged(sites, elsewhere=None in self._called_at)
