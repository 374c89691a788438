"""Reads the shape of the loss curve of a run that trains on one batch."""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

from wellfit.model.events.deep import OneBatchTrained
from wellfit.model.facts.deep import Course, Shape

END_SHARE = 10
"""The last tenth of a curve says where it ended."""

REACHED = 0.05
"""Share of the way from the start to the floor that may be left of a batch that is learned by heart."""

NEAR_FLOOR = 0.05
"""Nats, or squared units of a loss that starts near 1: below it nothing is left to learn."""

STILL_FALLING = 0.02
"""Share of the whole fall that the last third may bring at least where a curve still falls."""

EXPLODED = 10.0
"""Times the start."""

ROSE = 1.1
"""Times the start, and this much of it is no noise where the curve rises in most of its steps."""

RISING_STEPS = 0.9
"""Share of the steps of a rising curve that rise."""

SWINGING = 0.25
"""Spread of the last half, as a share of the start: a curve that falls evenly to nothing has half of it."""


def read_course(trained: OneBatchTrained) -> Course | None:
    """The shape of the proper loss, where there is one, and else of the script's own; None of too short a curve."""
    own = trained.losses
    values = trained.proper or own
    if not values or not math.isfinite(values[0]):
        return None
    floor = trained.first.floor if trained.proper and trained.first is not None else None
    if not all(map(math.isfinite, (*values, *own))):
        return Course("explodes", values[0], math.inf, floor, rises_against_own=False)
    end = _end(values)
    against = bool(trained.proper) and min(_rising(values), 1 - _rising(own)) >= RISING_STEPS
    return Course(_shape(values, end, floor), values[0], end, floor, rises_against_own=against)


def _shape(values: Sequence[float], end: float, floor: float | None) -> Shape:
    start, least = values[0], floor or 0.0
    way = start - least
    if _rises(values, end):
        return "rises"
    if end > EXPLODED * max(abs(start), NEAR_FLOOR):
        return "explodes"
    if end - least <= max(REACHED * way, NEAR_FLOOR * min(1.0, abs(start))):
        return "falls"
    half = values[len(values) // 2 :]
    if statistics.pstdev(half) > SWINGING * max(abs(start), NEAR_FLOOR):
        return "swings"
    third = values[-len(values) // 3 :]
    before, after = third[: len(third) // 2], third[len(third) // 2 :]
    falling = statistics.median(before) - statistics.median(after)
    return "falling" if falling > STILL_FALLING * max(start - end, 0.0) and falling > 0 else "flat"


def _rises(values: Sequence[float], end: float) -> bool:
    return end > ROSE * abs(values[0]) + NEAR_FLOOR and _rising(values) >= RISING_STEPS


def _rising(values: Sequence[float]) -> float:
    """Share of the steps that rise; 0 of a single point."""
    rising = sum(b > a for a, b in pairwise(values))
    return rising / max(1, len(values) - 1)


def _end(values: Sequence[float]) -> float:
    return statistics.median(values[-max(3, len(values) // END_SHARE) :])
