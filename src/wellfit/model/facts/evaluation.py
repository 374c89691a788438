"""Facts about evaluations."""

from dataclasses import dataclass

from wellfit.model.events.evaluation import TrainModePassSeen


@dataclass(frozen=True, slots=True)
class Evaluations:
    """What ran without gradients.

    Args:
        forwards: forward passes without gradients, in whatever mode.
        in_training_mode: passes over modules in training mode whose layers act there, in order.
    """

    forwards: int
    in_training_mode: tuple[TrainModePassSeen, ...]
