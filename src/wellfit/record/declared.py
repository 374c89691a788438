"""What the program has declared of its hyperparameters, for its record and for a search."""

from wellfit.declare.params import DECLARED
from wellfit.declare.ranges import Range
from wellfit.model.events.record import ParamsDeclared
from wellfit.model.record import Option


def declared_options() -> tuple[Option, ...]:
    """Values of all that was declared so far, with their defaults."""
    return tuple(
        Option(name, value, given.default if isinstance(given, Range) else given, "params")
        for name, (given, value) in DECLARED.items()
    )


def declared_space() -> ParamsDeclared | None:
    """What a search may move; None where nothing was declared."""
    ranges = {name: given for name, (given, _) in DECLARED.items() if isinstance(given, Range)}
    if not ranges:
        return None
    knobs = tuple(given.knob(name) for name, given in ranges.items())
    return ParamsDeclared(knobs, {name: given.default for name, given in ranges.items()})
