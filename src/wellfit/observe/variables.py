"""What lies in the variables of the user's code beside a call: where an evaluation keeps its targets.

Variables are read from the frame that calls the model, and only where that is invisible: up to Python 3.12 reading a
function's variables fills the dictionary that its own `locals()` returns, so a function that asks for that is left
alone, and the dictionary is emptied again, for it would keep tensors alive.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from wellfit.observe.moments import Forward
from wellfit.observe.places import user_frame

DEEPEST_CALLS = 3
"""Functions of the user's call stack whose variables are read, from the model's caller outwards."""

DEEPEST = 2
"""Containers or objects within each other that are looked into."""

MOST_ITEMS = 32
"""Items of one container that are looked at."""

MOST_VARIABLES = 512

READING_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec", "f_locals", "currentframe", "_getframe"})
"""Names in a function's code that may show it what was read."""

Variable = Tensor | np.ndarray[Any, Any]


@dataclass
class TargetKind:
    """What the targets of the training look like, as they lie in a variable.

    Args:
        whole: integers or truth values, not floats.
        trailing: shape of one sample's target.
        low: the least value.
        high: the greatest value.
    """

    whole: bool
    trailing: tuple[int, ...]
    low: float
    high: float

    def widen(self, target: Tensor) -> None:
        """Take the values of another batch in."""
        low, high = _range(target)
        self.low, self.high = min(self.low, low), max(self.high, high)

    def fits(self, variable: Variable, samples: int) -> bool:
        """Whether a variable holds such targets for so many samples."""
        if tuple(variable.shape) != (samples, *self.trailing) or is_whole(variable) is not self.whole:
            return False
        low, high = _range(variable)
        slack = 0.0 if self.whole else self.high - self.low
        return self.low - slack <= low and high <= self.high + slack


def kind_of(variable: Variable) -> TargetKind:
    """What a variable looks like."""
    return TargetKind(is_whole(variable), tuple(variable.shape[1:]), *_range(variable))


def is_whole(variable: Variable) -> bool:
    """Whether it holds integers or truth values."""
    if isinstance(variable, Tensor):
        return not variable.is_floating_point()
    return variable.dtype.kind in "iub"


def variables_beside(frame: FrameType | None, samples: int) -> Iterator[list[Variable]]:
    """Tensors and arrays of so many samples, in the user's functions from the model's caller outwards."""
    frame = user_frame(frame)
    for _ in range(DEEPEST_CALLS):
        if frame is None:
            return
        yield _distinct(v for v in _read(frame) if v.ndim and v.shape[0] == samples)
        frame = user_frame(frame.f_back)


def _read(frame: FrameType) -> list[Variable]:
    code = frame.f_code
    in_function = bool(code.co_flags & CO_OPTIMIZED)
    globals_used = [frame.f_globals[n] for n in code.co_names if in_function and n in frame.f_globals]
    if not in_function:
        return list(_found(list(frame.f_globals.values())[:MOST_VARIABLES], DEEPEST))
    if sys.gettrace() is not None or READING_LOCALS.intersection(code.co_names):
        return []
    values = frame.f_locals
    found = list(_found([*values.values(), *globals_used], DEEPEST))
    if sys.version_info < (3, 13):
        values.clear()
    return found


def _found(values: Iterable[Any], depth: int) -> Iterator[Variable]:
    for value in values:
        kind = type(value)
        if issubclass(kind, Tensor):
            if value.layout is torch.strided and not value.is_complex() and value.device.type != "meta":
                yield value
        elif kind is np.ndarray:
            if value.dtype.kind in "iubf":
                yield value
        elif depth:
            yield from _found(_members(value, kind), depth - 1)


def _members(value: Any, kind: type) -> list[Any]:
    if issubclass(kind, dict):
        return list(dict.values(value))[:MOST_ITEMS]
    if issubclass(kind, (tuple, list)):
        plain = tuple if issubclass(kind, tuple) else list
        return plain.__getitem__(value, slice(MOST_ITEMS))  # type: ignore[return-value]
    if issubclass(kind, (Module, ModuleType, type)) or kind.__module__ == "builtins":
        return []
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return []
    return list(own.values())[:MOST_ITEMS]


def _distinct(variables: Iterable[Variable]) -> list[Variable]:
    known: dict[int, Variable] = {id(v): v for v in variables}
    return list(known.values())


def is_equal(one: Variable, other: Variable) -> bool:
    """The same values, whatever their type and dimensions of size one."""
    if one is other:
        return True
    if [n for n in one.shape if n > 1] != [n for n in other.shape if n > 1]:
        return False
    return bool(np.array_equal(numbers(one).reshape(-1), numbers(other).reshape(-1)))


def numbers(variable: Variable) -> "np.ndarray[Any, Any]":
    """Its values on the host."""
    if isinstance(variable, Tensor):
        detached = variable.detach()
        plain: np.ndarray[Any, Any] = (detached.float() if detached.is_floating_point() else detached).cpu().numpy()
        return plain
    return variable.astype(np.float32) if variable.dtype.kind == "f" else variable


def _range(variable: Variable) -> tuple[float, float]:
    values = numbers(variable)
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def target_beside(frame: FrameType | None, kind: TargetKind, samples: int, *, without: Forward) -> Variable | None:
    """The one variable beside a call that holds targets, or None where there is none or more than one."""
    given = {id(v) for v in (*without.args, *without.kwargs.values())}
    for variables in variables_beside(frame, samples):
        fitting = [v for v in variables if kind.fits(v, samples) and id(v) not in given]
        if fitting:
            return fitting[0] if all(is_equal(fitting[0], other) for other in fitting[1:]) else None
    return None


def as_tensor(variable: Variable) -> Tensor:
    """A variable as a tensor."""
    return variable if isinstance(variable, Tensor) else torch.from_numpy(variable.copy())
