"""A power of what is left of the run."""

from wellfit.schedules.limits import between, in_run, progress, ratio, require


def polynomial(step: float, total: int, *, power: float = 2.0, min_ratio: float = 0.01) -> float:
    """A power of what is left: m + (1 - m) (1 - step / total) ** power.

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        power: > 0; 1 is a straight line, more falls early, less falls late.
        min_ratio: m, share of the peak at the end, in [0, 1).

    Returns:
        The multiplier of the peak rate, in [min_ratio, 1]; past the end it stays at the floor.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [polynomial(step, 10, power=2, min_ratio=0.0) for step in (0, 5, 10)]
        [1.0, 0.25, 0.0]
    """
    require(
        *in_run(step, total),
        ratio("min_ratio", min_ratio),
        (power > 0, f"power must be > 0, got {power}"),
    )
    return between(min_ratio, (1 - progress(step, total)) ** power)
