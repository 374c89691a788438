"""Leave out a softmax, log-softmax or sigmoid that one line of the program applies."""

import sys
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.observe import adapter

FUNCTIONS = ("softmax", "log_softmax", "sigmoid", "softmin")
OWNERS = (torch, F, torch.special, torch.Tensor)


class SkipActivation(Intervention):
    """The activation hands on what it was given.

    The line is that of the call, or the one that makes the module which calls it. With `function`, only that one of
    several on the line.
    """

    name = "skip_activation"
    options = frozenset({"function"})
    changes_loss = True

    def install(self) -> None:
        """Stand before every spelling of the functions."""
        self._modules: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
        wanted = self.cure.options.get("function")
        for function in (wanted,) if wanted in FUNCTIONS else FUNCTIONS:
            wrap(OWNERS, function, self._around)
        for kind in adapter.ACTIVATION_MODULES:
            wrap((kind,), "__init__", self._around_making)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = args[0] if args else kwargs.get("input")
            if torch.compiler.is_compiling() or not isinstance(given, Tensor) or not self._is_meant():
                return original(*args, **kwargs)
            self.applied()
            dtype = kwargs.get("dtype")
            return given if dtype is None else given.to(dtype)

        return call

    def _is_meant(self) -> bool:
        if self.sites.is_here(self.cure.place, depth=2):
            return True
        caller = sys._getframe(2).f_locals.get("self")
        return isinstance(caller, torch.nn.Module) and caller in self._modules

    def _around_making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(module: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
            original(module, *args, **kwargs)
            if self.cure.place is not None and self.sites.is_here(self.cure.place):
                self._modules.add(module)

        return make
