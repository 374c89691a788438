"""Where the values of one knob stand on an axis."""

from dataclasses import dataclass

from wellfit.model.knob import Knob, Value
from wellfit.report.axis import Axis, Tick

BESIDE = 12.0
"""Drawing units beyond an end of the axis, where a value stands that lies outside of the range."""

LONGEST = 14
"""Characters of a choice that are written."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The axis of a knob.

    Args:
        knob: whose.
        start: of its lowest value or first choice, in drawing units.
        end: of its highest value or last choice.
    """

    knob: Knob
    start: float
    end: float

    def at(self, value: Value) -> float | None:
        """The position of a value, beside the axis where it is not on it; None for a choice that is none of its."""
        if self.knob.choices:
            return self._of_choice(self.knob.choices.index(value)) if value in self.knob.choices else None
        if isinstance(value, str):
            return None
        axis = self._axis
        if axis.low <= value <= axis.high:
            return axis.at(float(value))
        away = BESIDE if self.end > self.start else -BESIDE
        return self.start - away if value < axis.low else self.end + away

    def ticks(self) -> tuple[Tick, ...]:
        """Round values of the range, or the choices."""
        if self.knob.choices:
            return tuple(Tick(self._of_choice(n), _cut(str(c))) for n, c in enumerate(self.knob.choices))
        found = self._axis.ticks()
        return tuple(tick for tick in found if "." not in tick.label) if self.knob.integer else found

    @property
    def _axis(self) -> Axis:
        low, high = self.knob.low or 0.0, self.knob.high or 0.0
        return Axis(low, high, self.start, self.end, is_log=self.knob.log)

    def _of_choice(self, place: int) -> float:
        count = len(self.knob.choices)
        return round(self.start + (place + 0.5) / count * (self.end - self.start), 1)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
