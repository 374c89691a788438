"""A curve in one line of text."""

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
ZERO = "·"
"""A rate of exactly 0, which no bar may stand for."""


def sparkline(steps: Sequence[int], values: Sequence[float], *, width: int = 60) -> str:
    """Draw values over steps, each column the value at its place.

    Args:
        steps: ascending, not empty.
        values: >= 0, one per step.
        width: > 0; columns at most.

    Example:
        >>> sparkline([0, 1, 2, 3], [0.0, 0.5, 1.0, 0.25])
        '·▄█▂'
    """
    columns = min(width, steps[-1] - steps[0] + 1)
    highest = max(values)
    drawn, at = [], 0
    for column in range(columns):
        place = steps[0] + column * (steps[-1] - steps[0]) / max(1, columns - 1)
        while at + 1 < len(steps) and abs(steps[at + 1] - place) <= abs(steps[at] - place):
            at += 1
        drawn.append(_bar(values[at], highest))
    return "".join(drawn)


def _bar(value: float, highest: float) -> str:
    return BARS[max(1, math.ceil(value / highest * len(BARS))) - 1] if value > 0 else ZERO
