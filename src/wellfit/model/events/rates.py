"""Events of trial runs that look for a learning rate or a batch size: what the rates are, and what rows are kept."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class RatesSeen:
    """The learning rates of one optimizer, as the program asks for them.

    Args:
        optimizer: number, in the order in which they were made.
        kind: its class.
        made_at: the user's line that constructed it.
        peaks: of each parameter group, the highest rate of its schedule; as it was made where it has none.
        steps: that it made in the run.
        scheduler: class of its scheduler; empty where it has none.
        scheduled_at: the user's line that constructed that; None where it has none, or no line of the user's did.
        by_hand: the rates changed from step to step, and no scheduler did it.
        stepped_at: the user's lines that step it, the first few; empty where a library does.
        made: of each parameter group, the rate that it was made with.
    """

    optimizer: int
    kind: str
    made_at: Place | None
    peaks: tuple[float, ...]
    steps: int
    scheduler: str
    scheduled_at: Place | None
    by_hand: bool
    stepped_at: tuple[Place, ...] = ()
    made: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LoaderTrained:
    """The DataLoader whose batches the optimizers stepped on.

    Args:
        loader: number, in the order in which they were made.
        made_at: the user's line that constructed it; None where no line of the user's did.
        rows: in its data set; None where that has no length.
        batch_size: rows of a batch; None where they differ by the program's own doing.
        batches_a_step: drawn for each optimizer step.
        held_back: rows that were kept away from training.
        refusal: why none could be, in words; None where some were, or nobody asked.
    """

    loader: int
    made_at: Place | None
    rows: int | None
    batch_size: int | None
    batches_a_step: float
    held_back: int
    refusal: str | None
