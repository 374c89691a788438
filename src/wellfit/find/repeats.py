"""How often the longest legs of a race are run, each time on other batches: one pass is moved by chance."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

from wellfit.find.horizon import SCATTER
from wellfit.find.leg import Leg
from wellfit.find.trainable import Trainable

FEW_ROWS = 100
"""Held rows below which the losses of a leg are mostly chance."""

REPEATS = 3
"""How often legs are run then. On ten development pairs of benchmarks/lr_finders.py five are no better than three."""


def repeats_of(training: Trainable, asked: int | None = None) -> int:
    """How often the longest legs are run.

    Args:
        training: says how many rows it judges on, and whether it can hold other ones back.
        asked: by the user; None where that is left to the search, which runs them once unless chance would decide and
            other rows would tell more.
    """
    if asked is not None:
        return asked
    return min(REPEATS, training.folds) if 0 < training.rows < FEW_ROWS else 1


def alone(legs: Sequence[Leg], repeat: int) -> list[Leg]:
    """The legs of one repeat, and those that had none."""
    chosen = {(leg.multiplier, leg.steps): leg for leg in legs if not leg.repeat}
    return list((chosen | {(leg.multiplier, leg.steps): leg for leg in legs if leg.repeat == repeat}).values())


def together(legs: Sequence[Leg]) -> list[Leg]:
    """One leg for each rate and length, with the mean held-out loss of its repeats: not finite where one diverged."""
    losses: dict[tuple[float, int], list[float]] = {}
    for leg in legs:
        losses.setdefault((leg.multiplier, leg.steps), []).append(leg.loss)
    return [replace(leg, loss=statistics.fmean(losses[leg.multiplier, leg.steps])) for leg in legs if not leg.repeat]


def error_of_mean(logs: Sequence[float]) -> float:
    """Standard error of the mean of the repeats' log rates, in decades; of a single one, what is usual."""
    return statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else SCATTER
