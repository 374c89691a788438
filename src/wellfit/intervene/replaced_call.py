"""Calls of functions that one line makes, and what an intervention makes of them."""

import sys
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.observe import adapter

OWNERS = (torch, F, torch.special, torch.Tensor)
"""Where a function of torch can be looked up; the same function has several names."""


Call = Callable[..., Any]


class ReplacedCall(Intervention):
    """Base of interventions that stand before some functions of torch, and act where one line calls them.

    The line is that of the call, or the one that makes the activation module which calls it.
    """

    functions: ClassVar[tuple[str, ...]]
    """Names under which the functions are looked up."""

    def install(self) -> None:
        """Stand before every spelling of the functions."""
        self._modules: weakref.WeakSet[Module] = weakref.WeakSet()
        self._inside = False
        for function in self.wanted():
            wrap(OWNERS, function, self._around)
        for kind in adapter.ACTIVATION_MODULES:
            wrap((kind,), "__init__", self._around_making)

    def wanted(self) -> tuple[str, ...]:
        """Of these functions, those that the cure is about: all, or the one that its option names."""
        chosen = self.cure.options.get("function")
        return (chosen,) if chosen in self.functions else self.functions

    def replace(self, original: Call, given: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the call gives in place of its own result.

        Args:
            original: the function, as the line calls it.
            given: its first argument.
            args: all positional ones, the first included.
            kwargs: the others.
        """
        raise NotImplementedError

    def _around(self, original: Call) -> Call:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = args[0] if args else kwargs.get("input")
            if torch.compiler.is_compiling() or self._inside or not isinstance(given, Tensor) or not self._is_meant():
                return original(*args, **kwargs)
            self._inside = True  # what one function calls to do its work is part of it
            try:
                return self.replace(original, given, args, kwargs)
            finally:
                self._inside = False

        return call

    def _is_meant(self) -> bool:
        if self.sites.is_here(self.cure.place, depth=2):
            return True
        caller = sys._getframe(2).f_locals.get("self")
        return isinstance(caller, Module) and caller in self._modules

    def _around_making(self, original: Call) -> Call:
        def make(module: Module, *args: Any, **kwargs: Any) -> None:
            original(module, *args, **kwargs)
            if self.cure.place is not None and self.sites.is_here(self.cure.place):
                self._modules.add(module)

        return make


def arguments(
    given: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any], **changed: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call with another first one, and with others by name."""
    rest = {name: value for name, value in kwargs.items() if name != "input"}
    return (given, *args[1:]), {**rest, **changed}
