"""The rate of the first transformer."""

import math

from wellfit.schedules.limits import in_run, require

TIMESCALE = 10_000
"""Steps, where there is no warmup to take it from; as in Hugging Face transformers."""


def inverse_sqrt(step: float, total: int, *, timescale: float = TIMESCALE) -> float:
    """One over the root of the step: sqrt(timescale / (timescale + step)).

    With a warmup of `timescale` steps before it this is the transformer's schedule, whose rate after the warmup is
    sqrt(warmup / steps done): `wellfit.schedule` sets `timescale` to the warmup, unless told otherwise.

    Args:
        step: >= 0; optimizer steps done since the warmup.
        total: >= 1; optimizer steps of the run; the decay does not hang on it and only stops there.
        timescale: > 0; steps after which the rate has fallen to 0.71 of the peak.

    Returns:
        The multiplier of the peak rate, in (0, 1]; past the end it stays where it is.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [round(inverse_sqrt(step, 100, timescale=10), 3) for step in (0, 10, 30)]
        [1.0, 0.707, 0.5]

    Source:
        Vaswani et al. 2017, Attention Is All You Need, equation 3; https://arxiv.org/abs/1706.03762
    """
    require(*in_run(step, total), (timescale > 0, f"timescale must be > 0, got {timescale}"))
    return math.sqrt(timescale / (timescale + min(step, total)))
