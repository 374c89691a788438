"""One pass over all rates, from far too low to far too high: where a training learns and where it breaks."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wellfit.find.trainable import Trainable

LOWEST, HIGHEST = 1e-6, 100.0
"""Rates of the largest group between which is swept: below, no optimizer of torch's moves; above, all break."""

BETA = 0.8
"""Of the smoothing, by step: it follows the losses by some five steps, a fraction of a decade in a sweep of 48."""

FIRST = 5
"""Steps at the lowest rates, where nothing is learnt yet: their losses scatter by the batches alone."""


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One optimizer step of the sweep.

    Args:
        multiplier: of all rates.
        loss: of the step's batches, before it.
        smoothed: the mean of the losses so far, the latest weighing most.
    """

    multiplier: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class Sweep:
    """What the sweep saw.

    Args:
        points: in the order of rising rates; the last may have a loss that is not finite.
        broke: whether it ended because the loss had risen.
    """

    points: tuple[SweepPoint, ...]
    broke: bool


def spaced(low: float, high: float, count: int) -> list[float]:
    """So many values from low to high, each the same multiple of the one before."""
    return [low * (high / low) ** (i / max(1, count - 1)) for i in range(count)]


def smoothed(losses: Iterable[float], beta: float = BETA) -> Iterator[float]:
    """Exponential mean without a bias towards 0: of equal losses it is that loss.

    Args:
        losses: finite or not; what is not finite is passed through.
        beta: weight of the past, in [0, 1).

    Example:
        >>> [round(value, 9) for value in smoothed([2.0, 2.0, 2.0])]
        [2.0, 2.0, 2.0]
    """
    mean, weight = 0.0, 0.0
    for loss in losses:
        if not math.isfinite(loss):
            yield loss
            continue
        mean, weight = beta * mean + (1 - beta) * loss, beta * weight + (1 - beta)
        yield mean / weight


def has_broken(losses: Sequence[float], means: Sequence[float]) -> bool:
    """Whether the loss has risen above where it began, by more than it had fallen; its sign does not matter.

    Args:
        losses: of all steps so far.
        means: the same, smoothed.
    """
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) <= FIRST:
        return False
    first = sum(losses[:FIRST]) / FIRST
    scatter = max(losses[:FIRST]) - min(losses[:FIRST])
    return means[-1] > first + max(first - min(means), 2 * scatter, 1e-3 * abs(first))


def sweep(training: Trainable, count: int) -> Sweep:
    """Run the sweep.

    Args:
        training: its rates say where the sweep begins and ends.
        count: optimizer steps at most.
    """
    multipliers = spaced(LOWEST / training.rates.largest, HIGHEST / training.rates.largest, count)
    losses: list[float] = []
    means: list[float] = []
    broke = False
    for loss in training.run(count, lambda step: multipliers[step]):
        losses.append(loss)
        means = list(smoothed(losses))
        broke = has_broken(losses, means)
        if broke:
            break
    points = (SweepPoint(m, loss, mean) for m, loss, mean in zip(multipliers, losses, means, strict=False))
    return Sweep(tuple(points), broke)
