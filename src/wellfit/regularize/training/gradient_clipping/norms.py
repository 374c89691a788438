"""What the norms of the gradients say about a threshold."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import torch

_MANY = 0.5
"""Share of clipped steps above which the threshold sets the rate, and a lower rate is the remedy."""

_ENOUGH = 20
"""Norms below which a 90th percentile says little."""

SUGGESTED_QUANTILE = 0.9
"""Clips the rare steps only."""


@dataclass(frozen=True, slots=True)
class NormReport:
    """Norms of a run, as they were before they were clipped.

    Args:
        max_norm: the threshold.
        steps: how many were seen.
        clipped: how many of them had a norm above the threshold.
        nonfinite: how many had an infinite norm or none.
        quantiles: chance to norm, of the last finite ones.
    """

    max_norm: float
    steps: int
    clipped: int
    nonfinite: int
    quantiles: dict[float, float]

    @property
    def share(self) -> float:
        """Of clipped steps among those of finite norm; 0 without any."""
        return self.clipped / max(self.steps - self.nonfinite, 1)

    @property
    def suggestion(self) -> float | None:
        """The 90th percentile; None after fewer than 20 finite norms, or where all gradients are 0."""
        enough = self.steps - self.nonfinite >= _ENOUGH
        return (self.quantiles.get(SUGGESTED_QUANTILE) if enough else None) or None

    def __str__(self) -> str:
        lines = [f"clipped {self.clipped} of {self.steps} steps ({self.share:.0%}) at a norm of {self.max_norm:g}"]
        if self.quantiles:
            lines.append("norms: " + ", ".join(f"{q:.0%} below {norm:.3g}" for q, norm in self.quantiles.items()))
        if self.nonfinite:
            lines.append(f"{self.nonfinite} steps had a norm that is no finite number")
        if self.share > _MANY and self.suggestion:
            lines.append("more than half are clipped: lower the learning rate, since the threshold sets it now")
        elif self.suggestion:
            lines.append(f"a threshold that clips the rare steps only: {self.suggestion:.2g}")
        return "\n".join(lines)


def quantiles(norms: Iterable[float], chances: Iterable[float]) -> dict[float, float]:
    """Chance to norm.

    Args:
        norms: finite.
        chances: in [0, 1].

    Returns:
        Empty without norms.
    """
    values = torch.tensor(list(norms), dtype=torch.float64)
    return {q: float(values.quantile(q)) for q in chances} if len(values) else {}


def window(size: int) -> "deque[float]":
    """The last norms, so many at most."""
    return deque(maxlen=size)
