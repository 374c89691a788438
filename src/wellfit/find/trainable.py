"""What a search asks of the training that it searches for: short legs from one start, at rates that it sets."""

from collections.abc import Callable, Iterator
from typing import Protocol

Factor = Callable[[float], float]
"""A schedule: what multiplies the peak rate, from the share of the run that lies behind."""


class Rated(Protocol):
    """The learning rates of a training."""

    @property
    def largest(self) -> float:
        """The highest rate of any parameter group, as it was asked for."""


class Trainable(Protocol):
    """A training that can be begun again and again, in this process or elsewhere."""

    @property
    def rates(self) -> Rated:
        """Its rates before any multiplier."""

    @property
    def steps(self) -> int:
        """Optimizer steps made so far, in all legs together."""

    @property
    def rows(self) -> int:
        """Rows that a leg is judged on; 0 where that is not known."""

    @property
    def folds(self) -> int:
        """Sets of rows that can be held back from training in turn; 1 where it is always the same one."""

    def run(self, count: int, multiplier_at: Callable[[int], float], repeat: int = 0) -> Iterator[float]:
        """Train from the start on.

        Args:
            count: optimizer steps.
            multiplier_at: of all rates, by the step.
            repeat: >= 0; each has batches of its own, and held rows of its own where they are held back.

        Yields:
            The training loss of each step, before it; the first that is not finite is the last.
        """

    def judged(self) -> float:
        """The mean held-out loss at the end of the leg that was run last."""

    def first_loss(self) -> float:
        """The held-out loss before any training."""
