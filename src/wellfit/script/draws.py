"""Random numbers that imports draw from Python's own generator, which a run that need not import draws all the same.

Rich, for one, draws names for its links while it is imported. A program that does not seed the generator would go on
from another number without these draws.
"""

from __future__ import annotations

import contextlib
import random

from wellfit.script.bound import standing_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Draw = tuple[str, tuple[Any, ...]]

SHARED: random.Random = getattr(random, "_inst", random.Random())  # noqa: S311 - as programs use it
"""What the functions of the module `random` draw from."""

_OF_MODULE = ("random", "getrandbits")
"""Functions of the module that are methods written in C, bound to the generator."""

_OF_GENERATOR = ("random", "_randbelow")
"""Methods that all others draw by."""


class Draws:
    """Draws, each by the method that makes it and its arguments."""

    def __init__(self) -> None:
        self._made: list[Draw] = []

    @contextlib.contextmanager
    def kept(self) -> Iterator[list[Draw]]:
        """Keep the draws inside the block.

        Yields:
            the draws, filled as they are made; those of a kind that is not known are lacking.
        """
        made: list[Draw] = []
        kind = type(SHARED)
        methods = {name: _keeping(made, name, getattr(kind, name)) for name in _OF_GENERATOR}
        functions = {name: _keeping(made, name, getattr(kind, name), SHARED) for name in _OF_MODULE}
        SHARED.__class__ = type(kind.__name__, (kind,), {**methods, "__module__": kind.__module__})
        try:
            with standing_in(random, functions):
                yield made
        finally:
            SHARED.__class__ = kind
            self._made += made

    def repeat(self) -> None:
        """Make all that were kept, from wherever the generator stands now."""
        advance(SHARED, self._made)


def advance(generator: random.Random, draws: list[Draw]) -> None:
    """Move a generator as these draws do."""
    for name, args in draws:
        getattr(generator, name)(*args)


def _keeping(made: list[Draw], name: str, method: Callable[..., Any], *bound: Any) -> Callable[..., Any]:
    def draw(*args: Any) -> Any:
        given = (*bound, *args)
        made.append((name, given[1:]))
        return method(*given)

    return draw


DRAWS = Draws()
"""Of this process, as the generator is; empty where nothing was imported ahead."""
