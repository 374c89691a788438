"""The same factor at every step, chosen by where it is to end."""

from wellfit.schedules.limits import in_run, progress, require


def exponential(step: float, total: int, *, min_ratio: float = 0.01) -> float:
    """Geometric decay to a share of the peak: min_ratio ** (step / total).

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        min_ratio: share of the peak at the end, in (0, 1). It stands for torch's `gamma`, which says where a decay
            ends only together with the length of the run: gamma = min_ratio ** (1 / total).

    Returns:
        The multiplier of the peak rate, in [min_ratio, 1].

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [exponential(step, 10, min_ratio=0.01) for step in (0, 5, 10)]
        [1.0, 0.1, 0.01]
    """
    require(*in_run(step, total), (0 < min_ratio < 1, f"min_ratio must lie in (0, 1), got {min_ratio}"))
    return float(min_ratio ** progress(step, total))
