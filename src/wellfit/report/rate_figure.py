"""Losses over learning rates as the geometry of a drawing: a line, dots, the rate found and its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wellfit.model.lr import RateAnswer
from wellfit.report.axis import Axis, Tick, number, value_axis
from wellfit.report.lr import longest
from wellfit.report.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH

ROOM = 1.5
"""How far above its start a loss is drawn, in falls: what diverges further lies at the upper rim."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One short training.

    Args:
        x: position.
        y: position.
        words: its numbers.
        is_longest: whether it is one of those that count most.
    """

    x: float
    y: float
    words: str
    is_longest: bool


@dataclass(frozen=True, slots=True)
class RateFigure:
    """The drawing, in its own units.

    Args:
        line: SVG path of the sweep's smoothed loss.
        dots: short trainings.
        chosen: where the rate found stands; None without one.
        interval: left and right end of its interval.
        x_ticks: rates.
        y_ticks: losses.
        words: the drawing in a sentence, for those who do not see it.
    """

    line: str
    dots: tuple[Dot, ...]
    chosen: float | None
    interval: tuple[float, float] | None
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    words: str


def draw(answer: RateAnswer) -> RateFigure | None:
    """The drawing; None where no loss is finite.

    Args:
        answer: with or without a rate.
    """
    swept = [(p.rate, p.smoothed) for p in answer.swept if math.isfinite(p.smoothed)]
    raced = [(p.rate, p.loss) for p in answer.raced if math.isfinite(p.loss)]
    if not swept and not raced:
        return None
    rates = [rate for rate, _ in (*swept, *raced)]
    x = Axis(min(rates) / 1.2, max(rates) * 1.2, LEFT, WIDTH - RIGHT, is_log=True)
    highest = _rim(swept, raced)
    y = value_axis((min(loss, highest) for _, loss in (*swept, *raced)), start=HEIGHT - BOTTOM, end=TOP)
    ends = tuple(x.at(max(x.low, min(x.high, rate))) for rate in answer.interval or ())
    return RateFigure(
        line=_path([(x.at(rate), y.at(min(loss, highest))) for rate, loss in swept]),
        dots=tuple(_dots(answer, x, y, highest)),
        chosen=x.at(max(x.low, min(x.high, answer.rate))) if answer.rate else None,
        interval=(ends[0], ends[1]) if ends and answer.rate else None,
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        words=_words(answer),
    )


def rim(answer: RateAnswer) -> tuple[float, float]:
    """The lowest loss that is drawn, with some room below it, and the highest; 0 and 1 where none is finite."""
    swept = [(p.rate, p.smoothed) for p in answer.swept if math.isfinite(p.smoothed)]
    raced = [(p.rate, p.loss) for p in answer.raced if math.isfinite(p.loss)]
    if not swept and not raced:
        return 0.0, 1.0
    low, high = min(loss for _, loss in (*swept, *raced)), _rim(swept, raced)
    return low - (high - low) * 0.05, high


def _rim(swept: Sequence[tuple[float, float]], raced: Sequence[tuple[float, float]]) -> float:
    losses = [loss for _, loss in (*swept, *raced)]
    first = swept[0][1] if swept else max(losses)
    return min(losses) + ROOM * max(first - min(losses), 1e-12)


def _dots(answer: RateAnswer, x: Axis, y: Axis, highest: float) -> list[Dot]:
    most = longest(answer)
    return [
        Dot(
            x.at(p.rate), y.at(min(p.loss, highest)), f"{p.rate:.2g}: {number(p.loss)} after {p.steps} steps", p in most
        )
        for p in answer.raced
        if math.isfinite(p.loss)
    ]


def _path(spots: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in spots) if spots else ""


def _words(answer: RateAnswer) -> str:
    best = min((p for p in answer.raced if math.isfinite(p.loss)), key=lambda p: p.loss, default=None)
    said = f"Lowest held-out loss {number(best.loss)} at {best.rate:.2g}, after {best.steps} steps." if best else ""
    return f"Losses over learning rates. {said}".strip()
