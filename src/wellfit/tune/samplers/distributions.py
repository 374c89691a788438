"""The ranges of a search in the words of the engine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wellfit.model.knob import Knob

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def distributions_of(knobs: Sequence[Knob]) -> dict[str, "BaseDistribution"]:
    """The ranges in the words of the engine."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for knob in knobs:
        low, high = knob.low or 0.0, knob.high or 0.0
        if knob.choices:
            found[knob.key] = CategoricalDistribution(knob.choices)
        elif knob.integer:
            found[knob.key] = IntDistribution(int(low), int(high), log=knob.log)
        else:
            found[knob.key] = FloatDistribution(low, high, log=knob.log)
    return found
