"""Events of trial runs that look for a batch size: where batches come from, and what larger ones cost."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class OptimizerStepped:
    """An optimizer that stepped on the batches.

    Args:
        kind: its class.
        rate: highest learning rate of its groups at its first step; None where it has none.
        parameters: numbers that it trains.
        steps: that it made.
    """

    kind: str
    rate: float | None
    parameters: int
    steps: int


@dataclass(frozen=True, slots=True)
class OtherLoader:
    """A DataLoader that was drawn from and does not train.

    Args:
        made_at: the user's line that constructed it, or that called what did.
        batch_size: samples of a batch; None where the program makes the batches itself.
        rows: samples that it goes through; None where that is not known.
        with_gradients: batches were drawn with gradients on.
    """

    made_at: Place | None
    batch_size: int | None
    rows: int | None
    with_gradients: bool


@dataclass(frozen=True, slots=True)
class BatchesSeen:
    """The DataLoader that the optimizers step on, and what matters for its size.

    Args:
        loader: its number, in the order in which they were made; None where no loader feeds the steps.
        made_at: the user's line that constructed it, or that called what did.
        batch_size: samples of a batch; None where the program makes the batches itself.
        drop_last: an incomplete last batch is left out.
        rows: samples that it goes through in an epoch; None where that is not known.
        workers: processes that load.
        refusal: why its batches cannot have another size; None where they can.
        draws_a_step: batches for each step of the main optimizer.
        step_s: median seconds from one step of any optimizer to the next; None where only one was made.
        optimizers: all that stepped, the one with most parameters first.
        batch_norms: layers that normalize by the batch, in training mode.
        shortest: elements of the smallest sample that was looked at.
        longest: of the largest one.
        longest_rows: indices of the largest samples, the largest first; empty where all are alike.
        measured: samples that were looked at.
        others: loaders that were drawn from besides.
        device: that the trained parameters lie on, as `cpu` or `cuda`.
        free_bytes: of that device before anything was allocated on it; None for a CPU.
    """

    loader: int | None
    made_at: Place | None
    batch_size: int | None
    drop_last: bool
    rows: int | None
    workers: int
    refusal: str | None
    draws_a_step: float
    step_s: float | None
    optimizers: tuple[OptimizerStepped, ...]
    batch_norms: int
    shortest: int
    longest: int
    longest_rows: tuple[int, ...]
    measured: int
    others: tuple[OtherLoader, ...]
    device: str
    free_bytes: int | None


@dataclass(frozen=True, slots=True)
class SizeClimbed:
    """Steps with batches of one size, in a run that goes from small ones to large ones.

    Args:
        size: samples of a batch.
        draws: batches for each step.
        steps: that were timed.
        seconds: median time of a step, with the loading of its batches.
        peak_bytes: largest memory of the process so far, or of the device; None where nothing tells.
    """

    size: int
    draws: int
    steps: int
    seconds: float
    peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class GradientsCompared:
    """Squared gradient norms of single batches and of their mean, under the same weights.

    Args:
        batches: whose gradients were averaged.
        single: mean over these batches of the squared norm of each one's gradient.
        together: squared norm of the mean gradient.
    """

    batches: int
    single: float
    together: float


@dataclass(frozen=True, slots=True)
class MemoryPeaked:
    """The largest memory of a run.

    Args:
        device: `cpu` for the process's own memory, without pages of files; `cuda` for what its allocator reserved.
        base_bytes: before the program's first line.
        peak_bytes: None where nothing tells.
        exhausted: the run ended because some memory could not be had.
    """

    device: str
    base_bytes: int
    peak_bytes: int | None
    exhausted: bool
