"""Ways to see a call without standing in it.

A wrapper around a function shows up as a frame in every traceback that passes through it. These seams do
not: they act while Python looks the function up, and then hand out the original. What the caller was about
to pass is read from the caller's own frame.
"""

import sys
import types
from collections import OrderedDict
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import torch

_AROUND_CALLER = 4
"""Frames from the table's own to the one around the forward that made a call: it is asked by `_call_impl`, called by
`_wrapped_call_impl`, called by that forward."""

_is_compiling = torch.compiler.is_compiling
"""True for Dynamo, which reads a seam's code while it traces what uses it, and in what runs while it traces."""

Listener = Callable[[FrameType], Any]
"""Called with the frame that looks the name up; what it returns, unless None, is handed out in place."""


class Switch:
    """Whether the seams that share it tell anything now. A seam that is always open has one of its own."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open = True


def listen_on_module(module: types.ModuleType, listeners: dict[str, Listener], switch: Switch | None = None) -> None:
    """Call a listener whenever Python code reads one of these attributes of a module.

    The module's class becomes a subclass with one property a name; its `__dict__` stays as it was, so
    compilers and picklers that read it find the original functions.
    """
    switch = switch or Switch()
    properties = {name: _property(name, listener, switch) for name, listener in listeners.items()}
    kind = type(module)
    module.__class__ = type(kind.__name__, (kind,), {**properties, "__module__": kind.__module__})


def _property(name: str, listener: Listener, switch: Switch) -> property:
    """Reads through the listener; writing and deleting reach the module, for programs that patch torch."""

    def read(module: types.ModuleType) -> Any:
        if not switch.open:
            return module.__dict__[name]
        replacement = listener(sys._getframe(1))
        return module.__dict__[name] if replacement is None else replacement

    def write(module: types.ModuleType, value: Any) -> None:
        module.__dict__[name] = value

    def delete(module: types.ModuleType) -> None:
        del module.__dict__[name]

    return property(read, write, delete)


class MethodSeam:
    """Stands for a method in its class; tells the listener about each look-up on an instance.

    Args:
        original: the function that stood there.
        listener: called with the instance and the frame that looks the method up.
        quiet: code whose look-ups are not told, such as that of the method itself, which calls it on its children.
        switch: shut while nobody listens.
    """

    def __init__(
        self,
        original: Callable[..., Any],
        listener: Callable[[Any, FrameType], None],
        quiet: tuple[CodeType | None, CodeType | None] = (None, None),
        switch: Switch | None = None,
    ) -> None:
        self.switch = switch or Switch()
        self.original = original
        self.listener = listener
        self.first_quiet, self.second_quiet = quiet
        self.__doc__ = original.__doc__
        self.__wrapped__ = original

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self.original
        if self.switch.open and not _is_compiling():
            frame = sys._getframe(1)
            code = frame.f_code  # compared one by one: the hash of a code object takes longer than all the rest
            if code is not self.first_quiet and code is not self.second_quiet:
                self.listener(instance, frame)
        return self.original.__get__(instance, owner)


def listen_on_method(
    owner: type,
    name: str,
    listener: Callable[[Any, FrameType], None],
    quiet: tuple[CodeType | None, CodeType | None] = (None, None),
    switch: Switch | None = None,
) -> None:
    """Call a listener whenever a method of a class is looked up on an instance."""
    setattr(owner, name, MethodSeam(owner.__dict__[name], listener, quiet, switch))


class WatchedHooks(OrderedDict[int, Callable[..., Any]]):
    """A hook table that is asked for its truth at every module call; answers truly, and tells the listener.

    `torch.nn.Module._call_impl` asks its global tables "any hooks?" before each forward. With this table in
    place of one of them, the call is seen with its arguments in the asking frame, while no hook exists: the
    fast paths stay on, nothing travels into pickles or copies, and tracebacks are those of plain torch.

    Most calls are of a module by another module's forward; these end here, unless `deep` asks for them, for
    each costs the user's every step.
    """

    listener: Listener
    around_forward: types.CodeType
    deep: bool = False

    def __bool__(self) -> bool:
        if not _is_compiling():
            try:  # asked for by number, which makes no objects of the frames between
                nested = not self.deep and sys._getframe(_AROUND_CALLER).f_code is self.around_forward
            except ValueError:  # the stack is not that deep
                nested = False
            if not nested:
                self.listener(sys._getframe(1))
        return len(self) != 0
