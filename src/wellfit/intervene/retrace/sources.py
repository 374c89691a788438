"""Where numbers come from that no generator gives: clocks, the operating system, and seeds made of them."""

import ast
import functools
import operator
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import torch

from wellfit.intervene.intervention import wrap
from wellfit.intervene.retrace.generator import torch_generator
from wellfit.intervene.retrace.places import Places, worker
from wellfit.model.events.retrace import SourceKind, SourceRead
from wellfit.observe.places import is_standard_code, is_torch_code, is_user_code
from wellfit.script.bound import BOUND

MOST_READ = 4_000
"""Reads of one process that are noted; a loop may look at the clock in each step."""

CLOCKS = ("time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time")
"""Functions of the module `time`."""

_SEED_BITS = 32
"""Of a seed in place of one that the operating system would give; numpy's old generators take no more."""

_PLAIN = (int, float, str, bytes)


class Sources:
    """Notes what each source gives, and gives again what another run was given.

    Args:
        places: names lines.
        emit: is given the events.
        given: values that are to be given again, as `repr`, by key.
    """

    def __init__(self, places: Places, emit: Callable[[object], None], given: Mapping[str, str]) -> None:
        self._places, self._emit, self._given = places, emit, given
        self._times: Counter[tuple[str, str]] = Counter()
        self._urandom = os.urandom

    def install(self) -> None:
        """Stand in front of them, also under names that the program has imported already."""
        BOUND.note(module for module in list(sys.modules.values()) if _is_users(module))
        for name in CLOCKS:
            wrap((time,), name, functools.partial(self._reading, "clock", f"time.{name}", _is_called_by_user))
        wrap((os,), "getpid", functools.partial(self._reading, "system", "os.getpid", _is_called_by_user))
        wrap((os,), "urandom", functools.partial(self._reading, "system", "os.urandom", _is_of_program))
        wrap((random,), "_urandom", functools.partial(self._reading, "system", "os.urandom", _is_of_program))
        for owners, name, function in _seedings():
            wrap(owners, name, functools.partial(self._seeding, function))
        wrap((torch, torch.random), "seed", functools.partial(self._reseeding, "torch.seed", torch.manual_seed))
        setattr(torch, "Generator", torch_generator(self))  # noqa: B010 - mypy lets no class be replaced

    def _reading(
        self,
        kind: SourceKind,
        function: str,
        counts: Callable[[FrameType | None], bool],
        original: Callable[..., Any],
    ) -> Callable[..., Any]:
        def read(*args: Any) -> Any:
            value = original(*args)
            frame = sys._getframe(1)
            return self.pass_on(kind, function, value, frame) if counts(frame) else value

        return read

    def _seeding(self, function: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def seed(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            own, rest = (args[:1], args[1:]) if args and isinstance(args[0], random.Random) else ((), args)
            values = [*rest[:1], *kwargs.values()][:1]
            value = self.seed_with(function, values[0] if values else None, frame)
            return original(*own, value, *rest[1:], **({} if rest else dict(list(kwargs.items())[1:])))

        return seed

    def _reseeding(
        self, function: str, seeding: Callable[[int], Any], original: Callable[[], int]
    ) -> Callable[[], int]:
        """Around a function that seeds from the operating system and says with what."""

        def seed() -> int:
            value = original()
            given = int(self.pass_on("system", function, value, sys._getframe(1)))
            if given != value:
                seeding(given)
            return given

        return seed

    def seed_with(self, function: str, value: Any, frame: FrameType | None) -> Any:
        """What a generator is to be seeded with in place of a value; None is what the operating system would give."""
        if not _is_of_program(frame):
            return value
        if value is not None:
            return self.pass_on("seed", function, value, frame)
        return self.pass_on("system", function, int.from_bytes(self._urandom(_SEED_BITS // 8), "little"), frame)

    def pass_on(self, kind: SourceKind, function: str, value: Any, frame: FrameType | None) -> Any:
        """What came from a source, or what came from it in the other run."""
        place, process = self._places.of(frame), self._places.process
        where = "" if place is None else f"{place.file}:{place.line}"
        self._times[function, where] += 1
        key = f"{process}|{function}|{where}|{self._times[function, where]}"
        value = self._again(key, value)
        if self._times.total() <= MOST_READ:
            direct = _is_asked_by_user(frame)
            self._emit(SourceRead(kind, function, _shown(value), key, place, direct, process, worker()))
        return value

    def _again(self, key: str, value: Any) -> Any:
        kept = self._given.get(key)
        again = value if not kept else ast.literal_eval(kept)
        if isinstance(again, bytes) and isinstance(value, bytes) and len(again) != len(value):
            return value
        return again


def _shown(value: Any) -> str:
    """The `repr` of a number or text, which gives it again; empty for objects of other kinds."""
    if isinstance(value, _PLAIN):
        return repr(value)
    try:
        return repr(operator.index(value))  # numpy's integers, tensors of one
    except TypeError:
        return ""


def _seedings() -> tuple[tuple[tuple[Any, ...], str, str], ...]:
    return (
        ((torch, torch.random), "manual_seed", "torch.manual_seed"),
        ((torch.cuda, torch.cuda.random), "manual_seed", "torch.cuda.manual_seed"),
        ((torch.cuda, torch.cuda.random), "manual_seed_all", "torch.cuda.manual_seed_all"),
        ((random,), "seed", "random.seed"),
        ((random.Random,), "seed", "random.Random"),
        ((np.random,), "seed", "np.random.seed"),
        ((np.random,), "default_rng", "np.random.default_rng"),
    )


def _is_users(module: object) -> bool:
    name = getattr(module, "__file__", None)
    return isinstance(module, ModuleType) and isinstance(name, str) and is_user_code(compile("", name, "exec"))


def _is_called_by_user(frame: FrameType | None) -> bool:
    return frame is not None and is_user_code(frame.f_code)


def _is_asked_by_user(frame: FrameType | None) -> bool:
    """The same through functions of the standard library, as of `uuid`."""
    while frame is not None and is_standard_code(frame.f_code):
        frame = frame.f_back
    return _is_called_by_user(frame)


def _is_of_program(frame: FrameType | None) -> bool:
    """Whether the program or a library of its asks: what torch asks for itself, for its workers, is none of these."""
    while frame is not None and is_standard_code(frame.f_code):
        frame = frame.f_back
    if frame is None or is_torch_code(frame.f_code):
        return False
    while frame is not None and not is_user_code(frame.f_code):
        frame = frame.f_back
    return frame is not None
