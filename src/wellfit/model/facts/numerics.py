"""Facts about values that are not finite."""

import statistics
from dataclasses import dataclass
from typing import Literal

from wellfit.model.events.numerics import GradientBecameNonfinite, LossBecameNonfinite, OriginLocated
from wellfit.model.place import Place

LOSS_GROWTH = 100.0
"""Last finite losses against the first one and the usual one: a loss that broke at once stands at about 1."""

PARAMETER_GROWTH = 100.0
"""Largest parameter entry against that of the first step: healthy training moves it by a small factor."""

LAST = 3
"""Finite losses right before the first bad one, of which the largest counts as the height that was reached."""

Cause = Literal["none", "divergence", "input", "operation", "gradient", "unknown"]


@dataclass(frozen=True, slots=True)
class NonfiniteStart:
    """How the first loss came about that is not finite.

    Args:
        loss: the first such loss; None where every loss was finite.
        gradient: the first sampled step that was taken with bad gradients though its loss was finite.
        located: lines that were read later, by what they are about.
        losses: how many losses were not finite.
        latest: whether the last loss was one of them.
    """

    loss: LossBecameNonfinite | None
    gradient: GradientBecameNonfinite | None
    located: tuple[OriginLocated, ...]
    losses: int
    backwards: int
    latest: bool

    @property
    def growth(self) -> float | None:
        """How far the losses had risen before the first bad one: the factor over the first and the usual loss."""
        before = [abs(v) for v in self.loss.losses_before] if self.loss else []
        if len(before) < 2:  # noqa: PLR2004 - the first loss, and one to compare with it
            return None
        usual = max(before[0], statistics.median_low(before[1:]))
        return max(before[-LAST:]) / usual if usual else None

    @property
    def diverged(self) -> bool:
        """Losses or parameters grew by orders of magnitude first: the steps were too large, and nothing else."""
        if self.loss is None:
            return False
        return (self.growth or 0) >= LOSS_GROWTH or (self.loss.parameter_growth or 0) >= PARAMETER_GROWTH

    @property
    def cause(self) -> Cause:
        """The one cause, so that one rule speaks of it."""
        if self.loss is None:
            return "none"
        kind = "" if self.loss.origin is None else self.loss.origin.kind
        given = bool(self.loss.inputs) and kind in ("", "parameter") and self.gradient is None
        if given or kind == "data":
            return "input" if self.line("result") is None else "operation"
        if self.diverged:
            return "divergence"
        if kind == "operation":
            return "operation"
        return "gradient" if self.gradient is not None or self.loss.nonfinite_parameters else "unknown"

    def line(self, about: str) -> Place | None:
        """The line of the loss's or the gradient's origin, or of an operation outside the graph ("result")."""
        return next((e.place for e in self.located if e.about == about), None)
