"""From the rates that win short trainings to the rate that wins a long one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wellfit.find.leg import Leg

LEARNING, LEARNT = 0.25, 1.0
"""Decades by which the best rate falls with each decade of steps: while a longer training still learns more, it lies
just below where steps overshoot, which hardly moves; once there is nothing left to learn, the way that was gone, rate
times steps, is what may not grow. Both from the development pairs of benchmarks/lr_finders.py."""

GAIN = 0.3
"""Fall of the log loss by the log of the length, from which on a training counts as still learning."""

UNSURE = 0.2
"""Standard deviation of the best log rate of a rung, in decades: same source."""

UNSURE_BY_DECADE = 0.3
"""The same for each decade that is extrapolated."""

QUANTILE = 1.28
"""Standard deviations on either side that hold four of five."""

TOLERANCE = 0.02
"""Excess loss below which rates count as equal."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one leg said.

    Args:
        log: decimal logarithm of the multiplier.
        level: of its held-out loss.
        steps: its length.
    """

    log: float
    level: float
    steps: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """The best rate of the real run.

    Args:
        log: decimal logarithm of the multiplier.
        low: the lowest that cannot be told from it.
        high: the highest.
    """

    log: float
    low: float
    high: float


def levels(legs: Iterable[Leg], first: float) -> list[list[Point]]:
    """The legs by length, the shortest first, with their losses as levels that can be compared across lengths.

    A level is the log of the loss, or the loss in shares of all that was learnt where some loss is not positive. What
    diverged lies one above the worst.

    Args:
        legs: the loss of at least one is finite.
        first: held-out loss before any training.
    """
    legs = list(legs)
    finite = [leg.loss for leg in legs if math.isfinite(leg.loss)]
    lowest, worst = min(finite), max(*finite, first)
    fall = max(first - lowest, 1e-9 * abs(lowest), 1e-300)

    def level(loss: float) -> float:
        if not math.isfinite(loss):
            return level(worst) + 1.0
        return math.log(loss) if lowest > 0 else loss / fall

    by_length: dict[int, list[Point]] = {}
    for leg in sorted(legs, key=lambda leg: (leg.steps, leg.multiplier)):
        by_length.setdefault(leg.steps, []).append(Point(math.log10(leg.multiplier), level(leg.loss), leg.steps))
    return list(by_length.values())


def centre(points: Sequence[Point]) -> float:
    """Where the parabola through the best point and its two neighbours is lowest; the point itself at an end."""
    points = sorted(points, key=lambda p: p.log)
    at = min(range(len(points)), key=lambda i: points[i].level)
    if not 0 < at < len(points) - 1:
        return points[at].log
    left, best, right = points[at - 1 : at + 2]
    one, other = best.log - left.log, right.log - best.log
    down, up = (left.level - best.level) / one, (right.level - best.level) / other
    return best.log if down + up <= 0 else best.log + (down * other - up * one) / (down + up) / 2


def slope(rungs: Sequence[Sequence[Point]]) -> float:
    """Decades by which the best rate falls with each decade of steps.

    Args:
        rungs: the shortest first; the last two say whether a longer training still learns more.
    """
    if len(rungs) < 2:  # noqa: PLR2004
        return LEARNING
    before, last = ((min(p.level for p in rung), rung[0].steps) for rung in rungs[-2:])
    learning = (before[0] - last[0]) / math.log(last[1] / before[1]) / GAIN
    return LEARNT + (LEARNING - LEARNT) * max(0.0, min(1.0, learning))


def extrapolate(rungs: Sequence[Sequence[Point]], planned: int) -> Estimate:
    """From the longest legs to the real run.

    Args:
        rungs: the shortest first.
        planned: steps of the real run.
    """
    last = rungs[-1]
    decades = math.log10(planned / last[0].steps)
    log = centre(last) - slope(rungs) * decades
    equal = [p.log - slope(rungs) * decades for p in last if p.level <= min(q.level for q in last) + TOLERANCE]
    deviation = math.hypot(UNSURE, UNSURE_BY_DECADE * decades) * QUANTILE
    return Estimate(log, min(log, *equal) - deviation, max(log, *equal) + deviation)


def excess_at(log: float, rungs: Sequence[Sequence[Point]], planned: int) -> float:
    """Share of the best loss by which the real run is expected to end higher at another rate.

    Args:
        log: decimal logarithm of its multiplier.
        rungs: the shortest first, whose rates reach furthest: the losses beside its best one are taken, moved to where
            the best of the real run lies.
        planned: steps of the real run.
    """
    wide = sorted(rungs[0], key=lambda p: p.log)
    moved = log - extrapolate(rungs, planned).log + centre(wide)
    return math.exp(min(50.0, max(0.0, _level_at(moved, wide) - min(p.level for p in wide)))) - 1


def _level_at(log: float, points: Sequence[Point]) -> float:
    """Between points in a straight line; beyond them as at the last."""
    if log <= points[0].log:
        return points[0].level
    for left, right in pairwise(points):
        if log <= right.log:
            share = (log - left.log) / (right.log - left.log)
            return left.level + share * (right.level - left.level)
    return points[-1].level
