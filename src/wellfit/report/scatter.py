"""A metric over one hyperparameter as a drawing in text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wellfit.model.knob import Knob

HEIGHT = 10
MARGIN = 11
"""Columns on the left for the metric's values."""

WIDEST, NARROWEST = 64, 24
FEWEST = 4
"""Dots below which a table says as much."""

ROOM = 2.0
"""How far off the best is drawn, in the distance of the median from it: what is worse stands at the upper rim."""

OTHER, OWN, BEST = "·", "x", "O"


@dataclass(frozen=True, slots=True)
class Spot:
    """One trial.

    Args:
        at: value of the hyperparameter.
        value: of the metric.
        sign: a character; later spots hide earlier ones.
    """

    at: float
    value: float
    sign: str = OTHER


def scatter(spots: Sequence[Spot], knob: Knob, *, columns: int, higher_is_better: bool) -> str:
    """Draw a metric over a hyperparameter.

    Args:
        spots: in the order in which they are drawn; those beyond the range stand at the rim.
        knob: with a range; drawn in powers of ten where it is searched in logarithms.
        columns: of the terminal.
        higher_is_better: direction of the metric; values far behind the best stand at the rim.

    Returns:
        Lines of at most `columns` columns; empty where there are too few spots or columns.
    """
    low, high, log = knob.low or 0.0, knob.high or 0.0, knob.log
    shown = [spot for spot in spots if math.isfinite(spot.value) and (spot.at > 0 or not log)]
    width = min(WIDEST, columns - MARGIN - 2)
    if len(shown) < FEWEST or width < NARROWEST:
        return ""
    bottom, top = _ends([spot.value for spot in shown], higher_is_better=higher_is_better)
    rows = [[" "] * width for _ in range(HEIGHT)]
    for spot in shown:
        share = _share(spot.at, low, high, log=log)
        down = (top - max(bottom, min(top, spot.value))) / ((top - bottom) or 1.0)
        rows[round(down * (HEIGHT - 1))][round(share * (width - 1))] = spot.sign
    beyond = (min(spot.value for spot in shown) < bottom, max(spot.value for spot in shown) > top)
    labels = {0: f"{'≥ ' * beyond[1]}{top:.3g}", HEIGHT - 1: f"{'≤ ' * beyond[0]}{bottom:.3g}"}
    lines = [f"{labels.get(n, ''):>{MARGIN - 2}} │{''.join(row)}".rstrip() for n, row in enumerate(rows)]
    return "\n".join((*lines, _rule(width), _ends_line(low, high, width)))


def _ends(values: Sequence[float], *, higher_is_better: bool) -> tuple[float, float]:
    """The lowest and the highest value that are drawn at their place."""
    order = sorted(values, reverse=higher_is_better)
    far = max(ROOM * abs(order[len(order) // 2] - order[0]), 1e-12)
    near = [value for value in order if abs(value - order[0]) <= far]
    return min(near), max(near)


def _share(at: float, low: float, high: float, *, log: bool) -> float:
    share = math.log(at / low) / math.log(high / low) if log else (at - low) / (high - low)
    return max(0.0, min(1.0, share))


def _rule(width: int) -> str:
    return " " * (MARGIN - 1) + "└" + "─" * width


def _ends_line(low: float, high: float, width: int) -> str:
    left, right = f"{low:.3g}", f"{high:.3g}"
    return " " * MARGIN + left + right.rjust(width - len(left))
