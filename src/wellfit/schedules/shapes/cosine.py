"""Half a cosine."""

import math

from wellfit.schedules.limits import between, in_run, progress, ratio, require


def cosine(step: float, total: int, *, min_ratio: float = 0.01) -> float:
    """Half a cosine from the peak to the floor: m + (1 - m) (1 + cos(pi step / total)) / 2.

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        min_ratio: m, share of the peak at the end, in [0, 1).

    Returns:
        The multiplier of the peak rate, in [min_ratio, 1]; past the end it stays at the floor.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [round(cosine(step, 10, min_ratio=0.0), 3) for step in (0, 5, 10, 20)]
        [1.0, 0.5, 0.0, 0.0]

    Source:
        Loshchilov and Hutter 2017, SGDR, equation 5, without restarts; https://arxiv.org/abs/1608.03983
    """
    require(*in_run(step, total), ratio("min_ratio", min_ratio))
    return between(min_ratio, (1 + math.cos(math.pi * progress(step, total))) / 2)
