"""Which part of a trial run is on: weights are trained first, and held still afterwards."""


class Phases:
    """Counts the optimizer steps that still train.

    Args:
        train_steps: steps that train, of all optimizers together.
    """

    def __init__(self, train_steps: int) -> None:
        self._left = train_steps
        self.steps = 0
        """Optimizer steps that have ended."""

    @property
    def holds(self) -> bool:
        """Whether the weights are held still by now."""
        return self._left <= 0

    @property
    def is_last(self) -> bool:
        """Whether the step that runs is the last one that trains."""
        return self._left == 1

    def stepped(self) -> None:
        """One more optimizer step has ended."""
        self._left -= 1
        self.steps += 1
