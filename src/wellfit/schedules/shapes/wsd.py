"""Warmup, stable, decay: the schedule for a run whose length is decided late."""

import math
from collections.abc import Callable

from wellfit.schedules.limits import between, in_run, progress, ratio, require

FALLS: dict[str, Callable[[float], float]] = {
    "linear": lambda done: 1 - done,
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "1-sqrt": lambda done: 1 - math.sqrt(done),
}
"""What is left of the peak, by the share of the decay that lies behind; named as in Hugging Face transformers."""


def wsd(step: float, total: int, *, decay: float = 0.1, decay_kind: str = "linear", min_ratio: float = 0.01) -> float:
    """The peak until shortly before the end, then a fall to the floor; the warmup stands before it.

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        decay: length of the fall at the end of the run: steps (int, >= 1) or a share of the run (float in (0, 1)).
        decay_kind: "linear", "cosine" or "1-sqrt".
        min_ratio: share of the peak at the end, in [0, 1).

    Returns:
        The multiplier of the peak rate, in [min_ratio, 1]; past the end it stays at the floor.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> [round(wsd(step, 100, decay=0.2, min_ratio=0.0), 3) for step in (0, 80, 90, 100)]
        [1.0, 1.0, 0.5, 0.0]

    Source:
        Hu et al. 2024, MiniCPM: the last 10% suffice, 2.5% do not; https://arxiv.org/abs/2404.06395
    """
    length = decay if isinstance(decay, int) else max(1, round(decay * total))
    require(
        *in_run(step, total),
        ratio("min_ratio", min_ratio),
        (1 <= length <= total and decay > 0, f"decay must be a share in (0, 1) or 1 to {total} steps, got {decay}"),
        (decay_kind in FALLS, f"decay_kind must be one of {', '.join(FALLS)}, got {decay_kind!r}"),
    )
    behind = max(0.0, step - (total - length))
    return between(min_ratio, FALLS[decay_kind](progress(behind, length)))
