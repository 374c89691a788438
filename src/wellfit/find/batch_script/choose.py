"""Which of the sizes that fit reaches a target loss soonest."""

import math
from collections.abc import Sequence

from wellfit.model.events.batch import SizeClimbed

NEARLY = 1.1
"""Times the shortest time to the target within which a smaller batch is taken, which saves memory."""


def times_to_target(climbed: Sequence[SizeClimbed], critical: float | None, effective: int) -> list[float]:
    """Expected time to a target loss at each size, as multiples of the shortest.

    steps(B) = (1 + critical / B) * fewest steps, and each takes the time that was measured. Without a critical size
    steps fall in proportion, which leaves the throughput.

    Args:
        climbed: with the seconds of a step, one or more.
        critical: the critical batch size in samples of a step; None where it is not known.
        effective: samples of a step as the script has it; smaller batches are accumulated up to it.

    Source:
        McCandlish, Kaplan, Amodei et al. 2018, An empirical model of large-batch training, equation 2.7;
        https://arxiv.org/abs/1812.06162.
    """
    times = [_time(one, critical, effective) for one in climbed]
    shortest = min(times)
    return [time / shortest for time in times]


def _time(one: SizeClimbed, critical: float | None, effective: int) -> float:
    batches = max(1, math.ceil(effective / one.size))
    seconds, samples = one.seconds / max(1, one.draws) * batches, one.size * batches
    return seconds * (1 / samples if critical is None else 1 + critical / samples)


def soonest(
    climbed: Sequence[SizeClimbed], critical: float | None, *, present: int, effective: int, most: int
) -> int | None:
    """The smallest size, of those that fit, whose time to the target is nearly the shortest.

    None below the present one: the critical size grows while a network learns, and it is measured early.

    Args:
        climbed: sizes that were timed.
        critical: the critical batch size; None where it is not known.
        present: the script's own size.
        effective: samples of a step as the script has it.
        most: the largest size that fits.
    """
    fitting = [one for one in climbed if present <= one.size <= most]
    if not fitting:
        return None
    times = times_to_target(fitting, critical, effective)
    return next(one.size for one, time in zip(fitting, times, strict=True) if time <= NEARLY)


def shrunk(present: int, most: int) -> int:
    """The size for a script whose own does not fit: one that a whole number of batches of makes up the present one.

    Args:
        present: the script's own size.
        most: the largest size that fits, below it.

    Returns:
        the largest divisor of the present size that fits, or the largest size where that is twice as large.
    """
    divisor = next(size for size in range(most, 0, -1) if present % size == 0)
    return divisor if 2 * divisor > most else most
