"""Learning-rate schedulers: those that one line makes, and keeping them from being stepped by the program."""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from torch.optim import lr_scheduler

from wellfit.intervene.intervention import wrap

LRScheduler = lr_scheduler.LRScheduler


class Schedules:
    """Takes schedulers over as they are made.

    Args:
        takes: asked at the end of each construction whether this one is meant.
        made: told of each that was taken over.
        muted: told of each step of the program's that has no effect now.
    """

    def __init__(self, takes: Callable[[], bool], made: Callable[[Any], None], muted: Callable[[], None]) -> None:
        self._takes = takes
        self._made = made
        self._muted = muted
        self._depth = 0
        self._driving = False
        self._taken: dict[int, weakref.ref[Any]] = {}

    def install(self) -> None:
        """Stand around the construction and the steps of every class that torch has."""
        for kind in _with_subclasses(LRScheduler):
            if "__init__" in vars(kind):
                wrap((kind,), "__init__", self._around_making)
            if "step" in vars(kind):
                wrap((kind,), "step", self._around_step)

    def drive(self, scheduler: Any) -> None:
        """Step one that was taken over, with all that it steps itself."""
        self._driving = True
        try:
            scheduler.step()
        finally:
            self._driving = False

    def _around_making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            self._depth += 1  # constructors call those of their base
            try:
                original(scheduler, *args, **kwargs)
            finally:
                self._depth -= 1
            if not self._depth and self._takes():
                self._taken[id(scheduler)] = weakref.ref(scheduler)
                self._made(scheduler)

        return make

    def _around_step(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            taken = self._taken.get(id(scheduler))
            if taken is not None and taken() is scheduler and not self._driving and not self._depth:
                self._muted()
                return None
            return original(scheduler, *args, **kwargs)

        return step


def _with_subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _with_subclasses(below)
