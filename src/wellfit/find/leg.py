"""One short training."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leg:
    """One short training of the race.

    Args:
        multiplier: of all rates.
        steps: its length; the planned schedule ran from its start to its end within them.
        loss: held-out, at its end; not finite where it diverged.
        train_loss: mean of its last steps.
        repeat: 0 for the first leg of this rate and length; the others ran on other batches.
    """

    multiplier: float
    steps: int
    loss: float
    train_loss: float
    repeat: int = 0
