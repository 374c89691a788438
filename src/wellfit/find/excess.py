"""What another rate than the one that was found would cost, from the same legs."""

import math
from collections.abc import Sequence
from itertools import pairwise

from wellfit.find.horizon import Estimate, Point, centre, gain

TO_COME = 0.5
"""Share of the gain between the last two rungs that longer trainings are taken to keep: those that learn by heart keep
none, others all of it. Chosen on the development pairs of benchmarks/lr_finders.py."""

MOST = 50.0
"""Highest excess, as a logarithm."""

Rungs = Sequence[Sequence[Point]]


def excess_at(log: float, best: Estimate, rungs: Rungs) -> float:
    """Share of the best loss by which the real run is expected to end higher at another rate.

    Args:
        log: decimal logarithm of its multiplier.
        best: what was found.
        rungs: levels of the legs, the shortest first.

    Returns:
        >= 0; 0 at the rate that was found.
    """
    rise = _above(log - best.log, rungs[0]) if log > best.log else _below(log, best, rungs)
    return math.exp(min(MOST, max(0.0, rise))) - 1


def _above(decades: float, rung: Sequence[Point]) -> float:
    """Too high rates are taken from the rung that reaches furthest, beside its best one."""
    points = sorted(rung, key=lambda p: p.log)
    return _level_at(centre(points) + decades, points) - min(p.level for p in points)


def _below(log: float, best: Estimate, rungs: Rungs) -> float:
    """With too low ones it is the way that counts, rate times steps: what went as far with fewer steps ended so."""
    far = math.log10(best.steps)
    return _level_after(log + far, rungs) - _level_after(best.log + far, rungs)


def _level_after(way: float, rungs: Rungs) -> float:
    """The lowest level of a leg that went so far; beyond the best of the longest, the gain goes on.

    Args:
        way: decimal logarithm of multiplier times steps.
        rungs: the shortest first.
    """
    top = min(rungs[-1], key=lambda p: p.level)
    beyond = way - top.log - math.log10(top.steps)
    if beyond > 0:
        return top.level - TO_COME * gain(rungs) * beyond * math.log(10)
    return min(_level_at(way - math.log10(rung[0].steps), _up_to_best(rung)) for rung in rungs)


def _up_to_best(rung: Sequence[Point]) -> Sequence[Point]:
    points = sorted(rung, key=lambda p: p.log)
    return points[: 1 + min(range(len(points)), key=lambda i: points[i].level)]


def _level_at(log: float, points: Sequence[Point]) -> float:
    """Between points in a straight line; beyond them as at the last."""
    if log <= points[0].log:
        return points[0].level
    for left, right in pairwise(points):
        if log <= right.log:
            share = (log - left.log) / (right.log - left.log)
            return left.level + share * (right.level - left.level)
    return points[-1].level
