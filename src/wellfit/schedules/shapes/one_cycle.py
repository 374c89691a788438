"""One rise and one fall."""

import math

from wellfit.schedules.limits import between, in_run, progress, ratio, require, share


def one_cycle(
    step: float, total: int, *, rise: float = 0.3, start_ratio: float = 0.04, min_ratio: float = 4e-6
) -> float:
    """Half a cosine up to the peak, half a cosine down; it needs no warmup before it.

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        rise: share of the run until the peak, in (0, 1).
        start_ratio: share of the peak at the first step, in (0, 1).
        min_ratio: share of the peak at the end, in [0, 1).

    Returns:
        The multiplier of the peak rate, in [min_ratio, 1]; past the end it stays at the floor.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [round(one_cycle(step, 10), 3) for step in (0, 3, 10)]
        [0.04, 1.0, 0.0]

    Source:
        Smith and Topin 2018, Super-Convergence; https://arxiv.org/abs/1708.07120. The numbers are those of torch's
        OneCycleLR, which follows fastai.
    """
    require(
        *in_run(step, total),
        share("rise", rise),
        (0 < start_ratio < 1, f"start_ratio must lie in (0, 1), got {start_ratio}"),
        ratio("min_ratio", min_ratio),
    )
    floor = start_ratio if step < peak_step(total, rise) else min_ratio
    return between(floor, height(step, total, rise))


def peak_step(total: int, rise: float) -> int:
    """The step at which the peak is reached, a whole one within the run so that it is reached exactly."""
    return min(round(rise * total), total - 1)


def height(step: float, total: int, rise: float) -> float:
    """How far up the cycle a step stands: 0 at the start and at the end, 1 at the peak."""
    peak = peak_step(total, rise)
    if step < peak:
        return (1 - math.cos(math.pi * step / peak)) / 2
    return (1 + math.cos(math.pi * progress(step - peak, total - peak))) / 2


def momentum(step: float, total: int, *, rise: float, high: float, low: float) -> float:
    """Momentum against the rate: `high` at both ends, `low` at the peak.

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        rise: share of the run until the peak, in (0, 1).
        high: momentum at the start and at the end.
        low: momentum at the peak.
    """
    return high - (high - low) * height(step, total, rise)
