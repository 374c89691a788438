"""Ranges of hyperparameters, as a program writes them: each with the value that holds where nobody searches."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from wellfit.model.knob import Knob, Value


@dataclass(frozen=True, slots=True)
class Range:
    """The range of one hyperparameter; made by `log`, `lin`, `integer` and `choice`, and checked where it gets a name.

    Args:
        default: value outside of a search, within the range.
        low: lowest value; None for choices.
        high: highest value; None for choices.
        log: values are drawn evenly in their logarithm.
        integer: whole numbers alone.
        choices: the values, where there is no range.
    """

    default: Value
    low: float | None = None
    high: float | None = None
    log: bool = False
    integer: bool = False
    choices: tuple[Value, ...] = ()

    def knob(self, name: str) -> Knob:
        """What a search moves."""
        return Knob(name, "", self.low, self.high, self.log, self.integer, self.choices, declared=True)

    def narrowed(self, low: float | None, high: float | None) -> "Range":
        """The same between other ends."""
        return Range(self.default, low, high, self.log, self.integer, self.choices)


def log(default: float, low: float, high: float) -> Range:
    """A number that is searched evenly in its logarithm: a learning rate, a weight decay.

    Args:
        default: value outside of a search, in [low, high].
        low: > 0.
        high: > low.

    Example:
        >>> log(3e-3, 1e-5, 1).default
        0.003
    """
    return Range(default, low, high, log=True)


def lin(default: float, low: float, high: float) -> Range:
    """A number that is searched evenly: a dropout rate, a label smoothing.

    Args:
        default: value outside of a search, in [low, high].
        low: finite.
        high: > low.
    """
    return Range(default, low, high)


def integer(default: int, low: int, high: int, *, log: bool = False) -> Range:
    """A whole number: a width, a number of layers.

    Args:
        default: value outside of a search, in [low, high].
        low: whole; > 0 where `log` is set.
        high: > low.
        log: search evenly in its logarithm.
    """
    return Range(default, low, high, log=log, integer=True)


def choice(*choices: Value) -> Range:
    """One of several values, without an order: an optimizer, an activation.

    Args:
        choices: two at least, all different: numbers, strings, booleans; the first holds outside of a search.
    """
    return Range(choices[0] if choices else "", choices=choices)


def mistakes_of(given: Range) -> Iterator[str]:
    """What is wrong with a range, in sentences without the name of its hyperparameter."""
    if given.low is None or given.high is None:
        yield from _mistakes_of_choices(given.choices)
        return
    numbers = (given.default, given.low, given.high)
    if any(isinstance(n, bool) or not isinstance(n, (int, float)) or not math.isfinite(n) for n in numbers):
        yield f"its default and its ends must be finite numbers, got {', '.join(map(repr, numbers))}"
        return
    if given.integer and not all(float(n).is_integer() for n in numbers):
        yield f"its default and its ends must be whole numbers, got {', '.join(map(repr, numbers))}"
    if given.low == given.high:
        yield f"it holds one value, {given.low!r}: write that in its place"
    elif given.low > given.high:
        yield f"its ends are the wrong way round: {given.low!r} is above {given.high!r}"
    elif not given.low <= float(given.default) <= given.high:
        yield f"its default {given.default!r} lies outside of {given.low!r} to {given.high!r}"
    if given.log and given.low <= 0:
        yield f"a range of logarithms begins above 0, and this one begins at {given.low!r}"


def _mistakes_of_choices(choices: tuple[Value, ...]) -> Iterator[str]:
    wrong = [value for value in choices if not isinstance(value, (int, float, str))]
    if wrong:
        yield f"choices are numbers, strings or booleans, and {wrong[0]!r} is none: choose a name, and look it up"
    elif len(choices) < 2:  # noqa: PLR2004 - one is no choice
        yield f"a choice is among two values at least, got {len(choices)}"
    elif len(set(choices)) < len(choices):
        yield f"its choices must differ, got {', '.join(map(repr, choices))}"
