"""Tensors and arrays in the variables of the user's code beside a call.

Variables are read from the frame that calls the model, and only where that is invisible: up to Python 3.12 reading a
function's variables fills the dictionary that its own `locals()` returns, so a function that asks for that is left
alone, and the dictionary is emptied again, for it would keep tensors alive.
"""

import dis
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from inspect import CO_OPTIMIZED
from types import CodeType, FrameType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from wellfit.observe.places import user_frame

DEEPEST_CALLS = 3
"""Functions of the user's call stack whose variables are read, from the model's caller outwards."""

DEEPEST = 2
"""Containers or objects within each other that are looked into."""

MOST_ITEMS = 32
"""Items of one container that are looked at."""

MOST_VARIABLES = 512

_READERS = frozenset({"locals", "vars", "dir", "eval", "exec"})
_FRAME_READERS = frozenset({"f_locals", "currentframe", "_getframe"})

Variable = Tensor | np.ndarray[Any, Any]
Slot = tuple[Any, ...]
"""Where a variable lies: the function's code by its id, the name, and the way through containers."""
Slots = dict[Slot, Variable]


def variables_beside(frame: FrameType | None) -> Iterator[Slots]:
    """What lies in the user's functions, from the model's caller outwards."""
    frame = user_frame(frame)
    for _ in range(DEEPEST_CALLS):
        if frame is None:
            return
        yield {slot: v for slot, v in _read(frame) if v.ndim and len(v)}
        frame = user_frame(frame.f_back)


def _read(frame: FrameType) -> list[tuple[Slot, Variable]]:
    code = frame.f_code
    if not code.co_flags & CO_OPTIMIZED:  # a module's own lines
        return list(_found(list(frame.f_globals.items())[:MOST_VARIABLES], (id(frame.f_globals),), DEEPEST))
    if sys.gettrace() is not None or _may_read_itself(code):
        return []
    used = [(name, frame.f_globals[name]) for name in code.co_names if name in frame.f_globals]
    values = frame.f_locals
    found = list(_found(values.items(), (id(code),), DEEPEST))
    found += _found(used, (id(frame.f_globals),), DEEPEST)
    if sys.version_info < (3, 13):
        values.clear()
    return found


@lru_cache(maxsize=256)
def _may_read_itself(code: CodeType) -> bool:
    """Whether a function may hold the dictionary of its own variables."""
    if _FRAME_READERS.intersection(code.co_names):
        return True
    if not _READERS.intersection(code.co_names):
        return False
    loads = (i for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    return any(i.argval in _READERS for i in loads)  # not `model.eval`


def _found(values: Iterable[tuple[Any, Any]], slot: Slot, depth: int) -> Iterator[tuple[Slot, Variable]]:
    for name, value in values:
        kind = type(value)
        if issubclass(kind, Tensor):
            if value.layout is torch.strided and not value.is_complex() and value.device.type != "meta":
                yield (*slot, name), value
        elif kind is np.ndarray:
            if value.dtype.kind in "iubf":
                yield (*slot, name), value
        elif depth:
            yield from _found(_members(value, kind), (*slot, name), depth - 1)


def _members(value: Any, kind: type) -> Iterable[tuple[Any, Any]]:
    if issubclass(kind, dict):
        return ((name, v) for name, v in list(dict.items(value))[:MOST_ITEMS] if type(name) in (str, int))
    if issubclass(kind, tuple):
        return enumerate(tuple.__getitem__(value, slice(MOST_ITEMS)))
    if issubclass(kind, list):
        return enumerate(list.__getitem__(value, slice(MOST_ITEMS)))
    if issubclass(kind, (Module, ModuleType, type)) or kind.__module__ == "builtins":
        return ()
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return ()
    return list(own.items())[:MOST_ITEMS]


def numbers(variable: Variable) -> "np.ndarray[Any, Any]":
    """Values on the host; floats as float32."""
    if isinstance(variable, Tensor):
        detached = variable.detach()
        plain: np.ndarray[Any, Any] = (detached.float() if detached.is_floating_point() else detached).cpu().numpy()
        return plain
    return variable.astype(np.float32) if variable.dtype.kind == "f" else variable


def is_equal(one: Variable, other: Variable) -> bool:
    """The same values, whatever their type and dimensions of size one."""
    if one is other:
        return True
    if [n for n in one.shape if n > 1] != [n for n in other.shape if n > 1]:
        return False
    return bool(np.array_equal(numbers(one).reshape(-1), numbers(other).reshape(-1)))


def as_tensor(variable: Variable) -> Tensor:
    """A variable as a tensor."""
    return variable if isinstance(variable, Tensor) else torch.from_numpy(variable.copy())
