"""The space that a script declares by `wellfit.params`, narrowed by what the user types."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wellfit.errors import raise_all
from wellfit.model.events.record import ParamsDeclared
from wellfit.model.knob import Knob


def narrowed(told: ParamsDeclared | None, asked: Sequence[Knob]) -> tuple[Knob, ...]:
    """The declared knobs, each within the range that the user gives for it.

    Args:
        told: by the script; None where it declares nothing.
        asked: the user's ranges, those for other names among them.

    Raises:
        UsageError: a range reaches beyond the declared one; all such at once.
    """
    by_key = {knob.key: knob for knob in asked}
    pairs = [(knob, by_key.get(knob.key)) for knob in (told.knobs if told else ())]
    raise_all([mistake for knob, asked in pairs if asked for mistake in _mistakes(knob, asked)])
    return tuple(knob if asked is None else _within(knob, asked) for knob, asked in pairs)


def _mistakes(knob: Knob, asked: Knob) -> Iterator[str]:
    where = f"{knob.name}: the script declares"
    if bool(knob.choices) != bool(asked.choices):
        yield f"{where} {'choices' if knob.choices else 'a range'}, {_reach(knob)}: narrow that"
    elif not all(knob.holds(value) for value in asked.choices or (asked.low or 0.0, asked.high or 0.0)):
        yield f"{where} {_reach(knob)}, and {_reach(asked)} reaches beyond it"
    elif knob.integer and not all(float(value or 0).is_integer() for value in (asked.low, asked.high)):
        yield f"{where} whole numbers, and {_reach(asked)} has other ends"


def _reach(knob: Knob) -> str:
    return ", ".join(map(str, knob.choices)) if knob.choices else f"{knob.low:g} to {knob.high:g}"


def _within(knob: Knob, asked: Knob) -> Knob:
    """The scale is the script's own, where the user names none."""
    log = knob.log or (asked.log and bool(asked.low))
    return replace(knob, low=asked.low, high=asked.high, log=log, choices=asked.choices)
