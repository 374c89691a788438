"""The rate as it is."""

from wellfit.schedules.limits import in_run, require


def constant(step: float, total: int) -> float:
    """The peak throughout: 1.

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.

    Returns:
        The multiplier of the peak rate, 1.

    Raises:
        ValueError: step or total out of range.

    Example:
        >>> constant(7, 10)
        1.0
    """
    require(*in_run(step, total))
    return 1.0
