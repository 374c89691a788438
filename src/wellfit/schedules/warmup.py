"""The rise before a schedule: it neither starts at 0, which wastes a batch, nor jumps where it hands over."""

from collections.abc import Callable

KINDS: dict[str, Callable[[float, float], float]] = {
    "linear": lambda start, done: start + (1 - start) * done,
    "exponential": lambda start, done: float(start ** (1 - done)),
}
"""The multiplier by where the warmup starts and the share of it that lies behind."""

EXPONENTIAL_START = 0.01
"""Share of the peak at which an exponential warmup starts: two orders of magnitude below, as torchvision's."""


def warmup(step: float, length: int, *, kind: str = "linear", start: float | None = None) -> float:
    """The multiplier during the warmup; at `length` steps it is 1, which is where the schedule begins.

    Args:
        step: >= 0 and <= length; optimizer steps done.
        length: >= 1; steps until the peak.
        kind: "linear" or "exponential".
        start: share of the peak at the first step, in (0, 1]. By default a linear warmup starts one of its own equal
            steps above 0, at 1 / (length + 1), and an exponential one at 0.01.

    Returns:
        The multiplier of the peak rate, in (0, 1].

    Example:
        >>> [warmup(step, 4) for step in range(5)]
        [0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
    """
    if start is None:
        start = 1 / (length + 1) if kind == "linear" else EXPONENTIAL_START
    return 1.0 if step >= length else KINDS[kind](start, step / length)


def warmup_steps(asked: float, steps: int) -> int:
    """The length of a warmup asked for in steps (int) or as a share of the run (float), short of the run itself."""
    return asked if isinstance(asked, int) else min(round(asked * steps), steps - 1)
