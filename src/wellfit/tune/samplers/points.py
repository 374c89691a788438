"""Points that lie evenly in the ranges: a Sobol sequence, and a grid."""

import math
import warnings
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from wellfit.model.knob import Knob, Value
from wellfit.model.study import StudyPlan
from wellfit.tune.samplers.draw import value_at

Points = tuple[Mapping[str, Value], ...]

ON_A_RANGE = 5
"""Points of a grid on each range, its ends among them."""


def even_points(knobs: Sequence[Knob], count: int, seed: int) -> Points:
    """The beginning of a scrambled Sobol sequence; a longer one begins with a shorter one.

    Args:
        knobs: at least one.
        count: >= 0.
        seed: of the scrambling.

    Source:
        Owen 1998, Scrambling Sobol' and Niederreiter-Xing points, https://doi.org/10.1006/jcom.1998.0487
    """
    from scipy.stats.qmc import Sobol

    if not count:
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a count that is no power of two is less even
        drawn = Sobol(len(knobs), scramble=True, rng=seed).random(count)
    return tuple({k.key: value_at(k, float(share)) for k, share in zip(knobs, row, strict=True)} for row in drawn)


def fixed_points(plan: StudyPlan) -> Points:
    """All points of a search that asks no model, one for each trial behind the script's own setting."""
    if plan.sampler == "grid":
        return grid(plan.knobs, plan.seed)
    return even_points(plan.knobs, plan.trials - 1, plan.seed)


def grid(knobs: Sequence[Knob], seed: int) -> Points:
    """Every choice with every other, and `ON_A_RANGE` points of each range, in an order that is drawn once.

    A search that is ended early has then seen all of the grid evenly, and not one side of it.

    Args:
        knobs: at least one.
        seed: of the order.
    """
    sides = [values_on(knob) for knob in knobs]
    points = [{k.key: value for k, value in zip(knobs, values, strict=True)} for values in product(*sides)]
    return tuple(points[place] for place in np.random.default_rng(abs(seed)).permutation(len(points)))


def grid_size(knobs: Sequence[Knob]) -> int:
    """Points of the grid."""
    return math.prod(len(values_on(knob)) for knob in knobs)


def values_on(knob: Knob) -> tuple[Value, ...]:
    """Points of a grid on one range, in their order; its choices where it has these."""
    if knob.choices:
        return knob.choices
    low, high = knob.low or 0.0, knob.high or 0.0
    shares = [number / (ON_A_RANGE - 1) for number in range(ON_A_RANGE)]
    values = [low * (high / low) ** share if knob.log else low + share * (high - low) for share in shares]
    values = [min(high, max(low, value)) for value in values]
    return tuple(dict.fromkeys(round(value) for value in values)) if knob.integer else tuple(values)
