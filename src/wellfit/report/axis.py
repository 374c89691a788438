"""Scales and ticks: where a value stands on an axis, and which values are written beside it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

LOG_RATIO = 30.0
"""A positive range wider than this is read best in powers of ten."""
MOST_TICKS = 6
LARGEST = 1e150
"""Values are held within this, so that no span between two of them overflows."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled position on an axis, in drawing units."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps values in `low .. high` to drawing units in `start .. end`."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """The position of a value, rounded to a tenth of a unit."""
        low, high, value = (self._measure(v) for v in (self.low, self.high, value))
        return round(self.start + (value - low) / (high - low) * (self.end - self.start), 1)

    def ticks(self) -> tuple[Tick, ...]:
        """Round values within the range, at most `MOST_TICKS`."""
        values = _decades(self.low, self.high) if self.is_log else _round_steps(self.low, self.high)
        return tuple(Tick(self.at(v), number(v)) for v in values if self.low <= v <= self.high)

    def _measure(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def value_axis(values: Iterable[float], *, start: float, end: float) -> Axis:
    """An axis for finite values: logarithmic where all are positive and far apart, with some room at both ends."""
    held = [held_within(v) for v in values]
    low, high = min(held, default=0.0), max(held, default=1.0)
    if low > 0 and high / low > LOG_RATIO:
        return Axis(low / 1.2, high * 1.2, start, end, is_log=True)
    room = (high - low) * 0.06 or abs(high) * 0.5 or 1.0
    floor = 0.0 if low >= 0 and low < room * 5 else low - room
    return Axis(floor, high + room, start, end)


def step_axis(steps: Iterable[int], *, start: float, end: float) -> Axis:
    """An axis for optimizer steps, from the first to the last."""
    held = list(steps)
    low, high = min(held, default=0), max(held, default=1)
    return Axis(low, max(high, low + 1), start, end)


def held_within(value: float) -> float:
    """The value, or the largest that is drawn where it lies beyond."""
    return max(-LARGEST, min(LARGEST, value))


def number(value: float) -> str:
    """A value with up to four digits: `0.001`, `1,000`, `1e-05`, `nan`."""
    if 1000 <= abs(value) < 1e7 and value == int(value):  # noqa: PLR2004 - where grouped digits read best
        return f"{int(value):,}"
    return f"{value:.4g}"


def _round_steps(low: float, high: float) -> list[float]:
    raw = (high - low) / (MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * (1 - 1e-9))
    first = math.ceil(low / step)
    return [(first + n) * step for n in range(MOST_TICKS + 1)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    count = last - first + 1
    if count <= 2:  # noqa: PLR2004 - too few decades to read between
        return [m * 10.0**e for e in range(first - 1, last + 1) for m in (1, 2, 5)]
    stride = math.ceil(count / MOST_TICKS)
    return [10.0**e for e in range(first, last + 1, stride)]
