"""From the rates that win short trainings to the rate that wins a long one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wellfit.find.leg import Leg

LEARNT = 1.1
"""Decades by which the best rate falls with each decade of steps once there is nothing left to learn: the way that
was gone, rate times steps, may then not grow, and what is learnt by heart must not grow either. While longer trainings
still learn more, it falls by less, which is the optimizer's: see defaults.py."""

BY_HEART = 0.08
"""Share of `LEARNT` in the fall, of a run that goes once through its data and whose trainings gain nothing."""

BY_PASSES = 0.9
"""What each decade of passes through the data adds to that share: what was seen often is learnt by heart."""

BY_GAIN = 0.5
"""What it loses by each unit that the log loss falls with the log of the length: such a training still learns."""

MOST_GAIN = 1.0
"""More than that is no sign of more to come."""

USUAL_GAIN, USUAL_PASSES = 0.6, 3.0
"""What is taken where it is unknown: means of the development pairs."""

EXPECTED = 1.5
"""Decades that the best rate usually lies below the one at which the sweep broke."""

TRUSTED = 0.2
"""Weight of that against what the race says. These numbers were chosen on the development pairs of
benchmarks/lr_finders.py."""

UNSURE = 0.25
"""Standard deviation of the best log rate of a rung, in decades: same source."""

SCATTER = 0.15
"""The part of it that comes from the batches, where nothing was repeated: legs on other ones move the best log rate by
so much. Root mean square over the same pairs."""

UNSURE_BY_DECADE = 0.4
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
        steps: of the real run.
    """

    log: float
    low: float
    high: float
    steps: int


def levels(legs: Iterable[Leg], first: float, rows: int = 0) -> list[list[Point]]:
    """The legs by length, the shortest first, with their losses as levels that can be compared across lengths.

    A level is the log of the loss, or the loss in shares of all that was learnt where some loss is not positive. What
    diverged lies one above the worst.

    Args:
        legs: the loss of at least one is finite.
        first: held-out loss before any training.
        rows: that the losses are means of; 0 where that is not known. Each may lose as much as before any training, so
            that a loss below one part in `rows` of `first` says no more than that loss does.
    """
    legs = list(legs)
    finite = [leg.loss for leg in legs if math.isfinite(leg.loss)]
    lowest, worst = min(finite), max(*finite, first)
    fall = max(first - lowest, 1e-9 * abs(lowest), 1e-300)
    floor = first / rows if rows and lowest >= 0 else 0.0

    def level(loss: float) -> float:
        if not math.isfinite(loss):
            return level(worst) + 1.0
        return math.log(loss + floor) if lowest + floor > 0 else loss / fall

    by_length: dict[int, list[Point]] = {}
    for leg in sorted(legs, key=lambda leg: (leg.steps, leg.multiplier)):
        point = Point(math.log10(leg.multiplier), level(leg.loss), leg.steps)
        by_length.setdefault(leg.steps, []).append(point)
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


def slope(rungs: Sequence[Sequence[Point]], learning: float, *, steps: int, epoch: float | None = None) -> float:
    """Decades by which the best rate falls with each decade of steps, from the longest rung on.

    Args:
        rungs: the shortest first; the last two say whether a longer training still learns more.
        learning: what it is while it does.
        steps: to which length it is asked for.
        epoch: steps of one pass through the data; None where it is unknown.
    """
    passes = math.sqrt(rungs[-1][0].steps * steps) / epoch if epoch else USUAL_PASSES
    share = BY_HEART + BY_PASSES * math.log10(passes) - BY_GAIN * gain(rungs)
    return learning + (LEARNT - learning) * max(0.0, min(1.0, share))


def gain(rungs: Sequence[Sequence[Point]]) -> float:
    """How far the level of the best leg falls with the log of the length, in [0, `MOST_GAIN`]."""
    if len(rungs) < 2:  # noqa: PLR2004
        return USUAL_GAIN
    before, last = rungs[-2:]
    fall = min(p.level for p in before) - min(p.level for p in last)
    return max(0.0, min(MOST_GAIN, fall / math.log(last[0].steps / before[0].steps)))


def extrapolate(  # noqa: PLR0913  # what is known of the legs and of the run
    rungs: Sequence[Sequence[Point]],
    planned: int,
    *,
    learning: float,
    broke_at: float,
    epoch: float | None = None,
    scatter: float = SCATTER,
) -> Estimate:
    """From the longest legs to the real run.

    Args:
        rungs: the shortest first.
        planned: steps of the real run.
        learning: as `slope` takes it.
        broke_at: decimal logarithm of the multiplier at which the sweep broke.
        epoch: as `slope` takes it.
        scatter: standard deviation of the best log rate by chance of the batches, in decades.
    """
    last = rungs[-1]
    decades = math.log10(planned / last[0].steps)
    fall = slope(rungs, learning, steps=planned, epoch=epoch) * decades
    log = (1 - TRUSTED) * (centre(last) - fall) + TRUSTED * (broke_at - EXPECTED)
    equal = [p.log - fall for p in last if p.level <= min(q.level for q in last) + TOLERANCE]
    unsure = math.sqrt(UNSURE**2 - SCATTER**2 + scatter**2)
    deviation = math.hypot(unsure, UNSURE_BY_DECADE * decades) * QUANTILE
    return Estimate(log, min(log - deviation, *equal), max(log + deviation, *equal), planned)
