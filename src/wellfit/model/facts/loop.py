"""Facts about the training loop."""

from dataclasses import dataclass

from wellfit.model.events.loop import CycleSeen, TrainingModeSeen


@dataclass(frozen=True, slots=True)
class OptimizerCycles:
    """The cycles that were seen, by optimizer and in order.

    Args:
        by_optimizer: number of the optimizer to its cycles; never empty.
    """

    by_optimizer: dict[int, tuple[CycleSeen, ...]]


@dataclass(frozen=True, slots=True)
class TrainingModes:
    """In which mode root modules were while they were trained, by root and in order.

    Args:
        by_root: number of the root to what was seen of it; never empty.
    """

    by_root: dict[int, tuple[TrainingModeSeen, ...]]
