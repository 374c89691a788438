"""How well a model answers, in sums that can be pooled: comparable whatever loss the script itself computes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Literal

Task = Literal["classification", "tokens", "binary", "regression", "loss"]
"""What is predicted: one class a row, one class a position of a sequence, yes or no, a number; "loss" where only the
script's own loss is known, which compares two runs as long as both compute it alike."""

Metric = Literal["accuracy", "cross-entropy", "R2", "mean squared error", "loss"]

HIGHER_IS_BETTER: dict[Metric, bool] = {
    "accuracy": True,
    "R2": True,
    "cross-entropy": False,
    "mean squared error": False,
    "loss": False,
}

METRICS: dict[Task, tuple[Metric, ...]] = {
    "classification": ("accuracy", "cross-entropy"),
    "tokens": ("cross-entropy", "accuracy"),
    "binary": ("accuracy", "cross-entropy"),
    "regression": ("R2", "mean squared error"),
    "loss": ("loss",),
}
"""The metrics of each task, the one that people look at first."""


@dataclass(frozen=True, slots=True)
class Score:
    """Answers held against targets.

    Args:
        task: what is predicted.
        rows: answers that were scored: samples, positions, or numbers.
        loss: sum of the proper loss: negative log-likelihood in nats, squared error, or the script's own loss.
        loss_squares: sum of its squares.
        correct: answers that are right; 0 where the task knows no right and wrong.
        target: sum of the targets, of a regression only.
        target_squares: sum of their squares.
    """

    task: Task
    rows: int
    loss: float
    loss_squares: float
    correct: int = 0
    target: float = 0.0
    target_squares: float = 0.0

    def __add__(self, other: "Score") -> "Score":
        """Both together; the task must be the same."""
        if other.task != self.task:
            raise ValueError(f"scores of one task can be pooled, got {self.task} and {other.task}")
        return replace(
            self,
            rows=self.rows + other.rows,
            loss=self.loss + other.loss,
            loss_squares=self.loss_squares + other.loss_squares,
            correct=self.correct + other.correct,
            target=self.target + other.target,
            target_squares=self.target_squares + other.target_squares,
        )

    def value(self, metric: Metric) -> float:
        """The metric of these answers; NaN where there are none, or where it does not exist."""
        if not self.rows:
            return math.nan
        if metric == "accuracy":
            return self.correct / self.rows
        if metric == "R2":
            spread = self.target_squares - self.target**2 / self.rows
            return 1 - self.loss / spread if spread > 0 else math.nan
        return self.loss / self.rows

    def standard_error(self, metric: Metric) -> float:
        """Of the metric over examples, drawn anew; 0 for a single one."""
        if self.rows < 2:  # noqa: PLR2004 - one value has no spread
            return 0.0
        if metric == "accuracy":
            share = (self.correct + 1) / (self.rows + 2)  # Agresti's: not 0 where all are right
            return math.sqrt(share * (1 - share) / self.rows)
        variance = max(0.0, self.loss_squares / self.rows - (self.loss / self.rows) ** 2)
        error = math.sqrt(variance / self.rows)
        if metric != "R2":
            return error
        spread = self.target_squares - self.target**2 / self.rows
        return error * self.rows / spread if spread > 0 else math.nan


def pooled(parts: Sequence[Score]) -> Score | None:
    """All parts together; None where there are none."""
    return reduce(add, parts) if parts else None


def clustered_error(parts: Sequence[Score], metric: Metric) -> float:
    """Standard error of a pooled metric, where answers within a part depend on each other and parts do not.

    Positions of one text or pixels of one picture are many answers and few examples: the parts are drawn anew, not
    the answers. With `m` parts, `e` the error of a part's sum around its share: sqrt(m / (m - 1) * sum(e**2)) / rows.

    Returns:
        NaN with fewer than two parts, or where the metric does not exist.
    """
    whole = pooled(parts)
    if whole is None or len(parts) < 2:  # noqa: PLR2004 - one value has no spread
        return math.nan
    sums = [part.correct if metric == "accuracy" else part.loss for part in parts]
    share = sum(sums) / whole.rows
    squares = sum((one - share * part.rows) ** 2 for one, part in zip(sums, parts, strict=True))
    error = math.sqrt(len(parts) / (len(parts) - 1) * squares) / whole.rows
    if metric != "R2":
        return error
    spread = whole.target_squares - whole.target**2 / whole.rows
    return error * whole.rows / spread if spread > 0 else math.nan
