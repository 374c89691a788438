"""How much warmup a training takes to stand higher rates: by orders of magnitude, as short runs show it."""

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from wellfit.find.sweep import has_broken, smoothed, sweep
from wellfit.find.trainable import Trainable

SHARE = 0.1
"""Of the planned steps, the longest warmup that is tried."""

HELD = 30
"""Steps at the full rate after a warmup, within which a training that is going to break mostly does."""

SWEPT = 32
"""Points of the sweep."""

TAIL = 10
"""Of them, those whose losses say what was learnt."""

LEARNT = 0.5
"""Of what the sweep learnt while its rates rose, the share that must be learnt."""

HALF = 10**0.5
"""Half a decade: the distance of rates that are told apart."""

AIM = 10.0
"""By how much a warmup should lift the highest rate that is stood."""

MOST_HALVES = 8
"""Half decades below the break of the sweep that are looked at."""


@dataclass(frozen=True, slots=True)
class Stood:
    """The highest rate that one warmup lets a training stand.

    Args:
        warmup: its steps; 0 for none.
        multiplier: of all rates; 0 where none of those tried was stood.
    """

    warmup: int
    multiplier: float


def standing(training: Trainable, planned: int) -> Iterator[Stood]:
    """Without a warmup first, then with 10, 100, 1,000 ... steps of it, until ten times the rate is stood.

    Args:
        training: begun anew for each try.
        planned: steps of the real run, of which a tenth may be warmup.

    Yields:
        One for each length; nothing where no rate breaks the training.
    """
    swept = sweep(training, SWEPT)
    if not swept.broke:
        return
    means = [point.smoothed for point in swept.points if math.isfinite(point.smoothed)]
    goal = means[0] - LEARNT * (means[0] - min(means))
    plain = _highest(training, swept.points[-1].multiplier, goal)
    yield Stood(0, plain)
    if not plain:
        return
    for warmup in lengths(planned):
        lifted = next((m for m in (plain * AIM, plain * HALF) if stands(training, m, warmup, goal)), plain)
        yield Stood(warmup, lifted)
        if lifted == plain * AIM:
            return


def lengths(planned: int) -> list[int]:
    """Powers of ten up to a tenth of the run.

    Example:
        >>> lengths(5000)
        [10, 100]
    """
    return [10**power for power in range(1, 9) if 10**power <= SHARE * planned]


def stands(training: Trainable, multiplier: float, warmup: int, goal: float) -> bool:
    """Whether a training stays whole through a warmup and some steps at the full rate, and learns.

    Args:
        training: begun anew.
        multiplier: of all rates, after the warmup.
        warmup: steps over which the rate rises from 0 in a straight line.
        goal: the mean of the last losses must lie below: a network whose units have died stays where it is.
    """
    losses: list[float] = []
    for loss in training.run(warmup + HELD, lambda step: multiplier * min(1.0, (step + 1) / (warmup + 1))):
        losses.append(loss)
        if not math.isfinite(loss) or has_broken(losses, list(smoothed(losses))):
            return False
    return statistics.fmean(losses[-TAIL:]) < goal


def _highest(training: Trainable, broke: float, goal: float) -> float:
    """The highest rate in half decades that is stood without a warmup."""
    rates = (broke * HALF ** (1 - below) for below in range(MOST_HALVES))
    return next((rate for rate in rates if stands(training, rate, 0, goal)), 0.0)
