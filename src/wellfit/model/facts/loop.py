"""Facts about the training loop."""

from dataclasses import dataclass

from wellfit.model.events.loop import CycleSeen


@dataclass(frozen=True, slots=True)
class OptimizerCycles:
    """The cycles that were seen, by optimizer and in order.

    Args:
        by_optimizer: number of the optimizer to its cycles; never empty.
    """

    by_optimizer: dict[int, tuple[CycleSeen, ...]]
