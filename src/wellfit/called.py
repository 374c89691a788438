"""Rooms of the package whose name is a function's, too: `wellfit.report(...)` and `wellfit.tune(...)`.

Importing anything from a room makes the room an attribute of `wellfit`, in place of any function of that name. So the
room itself is what is called.
"""

import importlib
import inspect
import sys
from types import ModuleType
from typing import Any

_FUNCTIONS = {
    "wellfit.report": ("wellfit.declare.reported", "report"),
    "wellfit.tune": ("wellfit.tune.in_code.tune", "tune"),
}
"""By room: the module that defines its function, which is imported with the first call, and the function's name."""


class CalledRoom(ModuleType):
    """A module that can be called."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function of that name gives."""
        return _function_of(self)(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(_function_of(self))


def _function_of(room: ModuleType) -> Any:
    module, name = _FUNCTIONS[room.__name__]
    return getattr(importlib.import_module(module), name)


def be_called(room: str) -> None:
    """Let a room of the package be called.

    Args:
        room: its name, which is in the table.
    """
    sys.modules[room].__class__ = CalledRoom
