"""A warmup and a schedule put together: the multiplier at every step of one run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from wellfit.schedules.catalogue import BY_NAME
from wellfit.schedules.shape import Shape
from wellfit.schedules.warmup import KINDS, warmup, warmup_steps


@dataclass(frozen=True)
class Curve:
    """The multiplier of the peak rate by the step, plain data apart from that.

    Args:
        name: of the schedule.
        steps: >= 1; optimizer steps of the run.
        warmup: steps (int, >= 0) or share of the run (float, in (0, 1)) until the peak.
        warmup_kind: "linear" or "exponential".
        warmup_start: share of the peak at the first step, in (0, 1]; None leaves it to the kind.
        options: of the schedule, by name.

    Raises:
        ValueError: an argument is out of range, unknown or contradicts another; names all that are.
    """

    name: str
    steps: int
    warmup: float = 0
    warmup_kind: str = "linear"
    warmup_start: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mistakes = [*_of_run(self), *_of_warmup(self), *_of_shape(self)]
        mistakes = mistakes or [*_of_handover(self)]
        if mistakes:
            raise ValueError("; ".join(mistakes))

    @property
    def shape(self) -> Shape:
        """The schedule after the warmup."""
        return BY_NAME[self.name]

    @property
    def warmup_steps(self) -> int:
        """Steps until the schedule begins."""
        return warmup_steps(self.warmup, self.steps)

    def factor(self, step: float) -> float:
        """The multiplier at a step; past the end it stays where the schedule ended.

        Args:
            step: >= 0.
        """
        before = self.warmup_steps
        if step < before:
            return warmup(step, before, kind=self.warmup_kind, start=self.warmup_start)
        skipped = 0 if self.shape.counts_warmup else before
        return self.shape.factor(min(step, self.steps) - skipped, self.steps - skipped, **self.filled())

    def filled(self) -> dict[str, Any]:
        """The options, with those that the warmup decides where nobody set them."""
        decided = {"timescale": self.warmup_steps} if self.warmup_steps else {}
        return {k: v for k, v in decided.items() if k in self.shape.options} | dict(self.options)


def nearest(name: str, known: Iterator[str] | list[str]) -> str:
    """The words that an unknown name is answered with."""
    known = sorted(known)
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"


def _of_run(curve: Curve) -> Iterator[str]:
    if curve.name not in BY_NAME:
        yield f"unknown schedule {curve.name!r}{nearest(str(curve.name), list(BY_NAME))}"
    if not isinstance(curve.steps, int) or curve.steps < 1:
        yield f"steps must be a whole number >= 1, got {curve.steps!r}"


def _of_warmup(curve: Curve) -> Iterator[str]:
    whole = isinstance(curve.warmup, int)
    if whole and isinstance(curve.steps, int) and not 0 <= curve.warmup < max(1, curve.steps):
        yield f"warmup must be >= 0 and shorter than the run of {curve.steps} steps, got {curve.warmup}"
    if not whole and not 0 <= curve.warmup < 1:
        yield f"warmup as a share of the run must lie in [0, 1), got {curve.warmup}; steps are given as an int"
    if curve.warmup_kind not in KINDS:
        yield f"unknown warmup_kind {curve.warmup_kind!r}{nearest(str(curve.warmup_kind), list(KINDS))}"
    if curve.warmup_start is not None and not 0 < curve.warmup_start <= 1:
        yield f"warmup_start must lie in (0, 1], got {curve.warmup_start}"


def _of_shape(curve: Curve) -> Iterator[str]:
    shape = BY_NAME.get(curve.name)
    if shape is None or not isinstance(curve.steps, int) or curve.steps < 1:
        return
    unknown = [name for name in curve.options if name not in shape.options]
    yield from (f"{curve.name} has no option {name!r}{nearest(name, list(shape.options))}" for name in unknown)
    if shape.warms_itself and curve.warmup:
        yield f"{curve.name} rises by itself: warmup must be 0, got {curve.warmup}; set rise and start_ratio"
    try:
        shape.factor(0, curve.steps, **{k: v for k, v in curve.options.items() if k in shape.options})
    except ValueError as error:
        yield str(error)


def _of_handover(curve: Curve) -> Iterator[str]:
    before = curve.warmup_steps
    if before and curve.factor(before) != 1:
        yield f"warmup must end before {curve.name} first falls, got {before} of {curve.steps} steps"
