"""Losses over rates as a drawing in text."""

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 64, 12
SWEPT, RACED, CHOSEN = "·", "o", "│"
ROOM = 1.5
"""How far above the loss at the lowest rates is drawn, in falls: what diverges further lies at the upper rim."""

Point = tuple[float, float]


def chart(swept: Sequence[Point], raced: Sequence[Point], chosen: float | None) -> str:
    """Draw losses over rates, the rates in powers of ten.

    Args:
        swept: (rate, loss) of the sweep.
        raced: (rate, loss) of the legs.
        chosen: the rate that was found.

    Returns:
        Lines of at most 76 columns; empty where nothing is finite.
    """
    points = [(rate, loss) for rate, loss in (*swept, *raced) if rate > 0 and math.isfinite(loss)]
    if not points:
        return ""
    left, right = math.log10(min(r for r, _ in points)), math.log10(max(r for r, _ in points))
    low = min(loss for _, loss in points)
    high = min(max(loss for _, loss in points), low + ROOM * max(_first(swept, points) - low, 1e-12))
    rows = [[" "] * WIDTH for _ in range(HEIGHT)]

    def column(rate: float) -> int:
        share = (math.log10(rate) - left) / max(right - left, 1e-9)
        return round(max(0.0, min(1.0, share)) * (WIDTH - 1))  # rates whose loss is not finite may lie beyond

    def row(loss: float) -> int:
        share = (high - loss) / max(high - low, 1e-300) if math.isfinite(loss) else 0.0
        return max(0, min(HEIGHT - 1, round(share * (HEIGHT - 1))))

    if chosen is not None and left <= math.log10(chosen) <= right:
        for line in rows:
            line[column(chosen)] = CHOSEN
    for sign, group in ((SWEPT, swept), (RACED, raced)):
        for rate, loss in group:
            rows[row(loss)][column(rate)] = sign
    labels = {0: f"{high:.3g}", HEIGHT - 1: f"{low:.3g}"}
    lines = [f"{labels.get(i, ''):>9} {''.join(line).rstrip()}".rstrip() for i, line in enumerate(rows)]
    return "\n".join((*lines, _axis(left, right)))


def _first(swept: Sequence[Point], points: Sequence[Point]) -> float:
    """The loss before anything was learnt."""
    return next((loss for _, loss in swept if math.isfinite(loss)), points[0][1])


def _axis(left: float, right: float) -> str:
    line = [" "] * (WIDTH + 8)
    taken = -1
    for power in range(math.ceil(left), math.floor(right) + 1):
        at = round((power - left) / max(right - left, 1e-9) * (WIDTH - 1))
        text = f"1e{power}"
        if at > taken:
            line[at : at + len(text)] = text
            taken = at + len(text) + 1
    return (" " * 10 + "".join(line)).rstrip()
