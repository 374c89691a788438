"""A straight line."""

from wellfit.schedules.limits import between, in_run, progress, ratio, require


def linear(step: float, total: int, *, min_ratio: float = 0.01) -> float:
    """A straight line from the peak to the floor: m + (1 - m) (1 - step / total).

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        min_ratio: m, share of the peak at the end, in [0, 1).

    Returns:
        The multiplier of the peak rate, in [min_ratio, 1]; past the end it stays at the floor.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [linear(step, 10, min_ratio=0.0) for step in (0, 5, 10)]
        [1.0, 0.5, 0.0]

    Source:
        Devlin et al. 2019, BERT, appendix A.2 (linear decay after warmup); https://arxiv.org/abs/1810.04805
    """
    require(*in_run(step, total), ratio("min_ratio", min_ratio))
    return between(min_ratio, 1 - progress(step, total))
