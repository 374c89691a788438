"""What `wellfit batch` answers: which batch sizes fit, which are worth it, and what moves with the size."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class TrainingLoader:
    """The DataLoader whose batches are trained on, as the script has it.

    Args:
        made_at: the user's line that constructed it, or that called what did.
        batch_size: samples of a batch.
        rows: samples that it goes through in an epoch.
        drop_last: an incomplete last batch is left out.
        accumulate: batches of an optimizer step.
        optimizer: class of the main optimizer.
        rate: its highest learning rate; None where it has none.
        batch_norm: some layer normalizes by the batch.
        shortest: elements of the smallest sample that was looked at.
        longest: of the largest one; where both differ, memory was tried with the largest samples.
        device: that is trained on: `cpu` or `cuda`.
    """

    made_at: Place | None
    batch_size: int
    rows: int
    drop_last: bool
    accumulate: int
    optimizer: str
    rate: float | None
    batch_norm: bool
    shortest: int
    longest: int
    device: str

    @property
    def varies(self) -> bool:
        """Whether samples are of several sizes."""
        return self.shortest != self.longest


@dataclass(frozen=True, slots=True)
class TriedSize:
    """One run of some steps with one batch size, in a fresh process.

    Args:
        size: samples of a batch.
        peak_bytes: largest memory of the process, or of the device; 0 where it ended before that was known.
        failed: why it ended early; None where it did not.
    """

    size: int
    peak_bytes: int
    failed: str | None


@dataclass(frozen=True, slots=True)
class FittingSize:
    """The largest batch size that fits into memory.

    Args:
        size: that ran; None where none did.
        reason: why no larger one is given.
        limit_bytes: of memory, for the whole process or on the device; None where it is not known.
        limited_by: where the limit comes from, in words.
        margin: share of it that was left free.
        peak_bytes: at that size.
        evaluated: the run that verified it came to the script's own evaluation; in any case the model was called in
            evaluation mode on a batch of that size.
        tried: all runs, in their order.
    """

    size: int | None
    reason: str
    limit_bytes: int | None
    limited_by: str
    margin: float
    peak_bytes: int | None
    evaluated: bool
    tried: tuple[TriedSize, ...]


@dataclass(frozen=True, slots=True)
class TimedSize:
    """Steps of one batch size.

    Args:
        size: samples of a batch.
        step_s: median seconds of an optimizer step.
        examples_per_s: samples of a step over that.
        peak_bytes: largest memory up to there; None where nothing tells.
        time_to_target: expected time to a target loss, as a multiple of the shortest one; None where it is not known.
    """

    size: int
    step_s: float
    examples_per_s: float
    peak_bytes: int | None
    time_to_target: float | None


@dataclass(frozen=True, slots=True)
class CriticalSize:
    """Samples of a step beyond which a larger batch saves few steps, as the gradient noise scale tells them.

    Args:
        size: None where it could not be told.
        low: lower end of its 90 % interval; None where there is none.
        high: upper end; infinite where there is none.
        compared: mean gradients that it was estimated from.
        steps: optimizer steps that were trained from the first of them to the last.
        reason: why there is no size; empty where there is one.
    """

    size: float | None
    low: float | None
    high: float
    compared: int
    steps: int
    reason: str


@dataclass(frozen=True, slots=True)
class MovedWith:
    """What a run with the other batch size is to be set to.

    Args:
        accumulate: batches of an optimizer step.
        effective: samples of an optimizer step.
        lr_factor: of all learning rates; None where no rule is known.
        lr_rule: the rule; None where none is known.
        steps_per_epoch: optimizer steps.
        remainder: samples of the last, smaller batch of an epoch.
        warnings: sentences.
    """

    accumulate: int
    effective: int
    lr_factor: float | None
    lr_rule: str | None
    steps_per_epoch: int | None
    remainder: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The batch sizes of a script.

    Args:
        script: as the user named it.
        root: absolute folder of the user's files.
        words: of the command, script first, as one line.
        loader: that trains.
        size: to train with; None where nothing fits.
        reason: why this one.
        fits: the largest that fits.
        curve: sizes that were timed, by rising size.
        knee: smallest timed size whose throughput is nearly the best; None where fewer than two were timed.
        critical: the gradient noise scale.
        moves: what moves with `size`; None where there is none, or it is the script's own.
        runs: trial runs.
        seconds: that all took.
        notices: sentences.
    """

    script: str
    root: str
    words: str
    loader: TrainingLoader
    size: int | None
    reason: str
    fits: FittingSize
    curve: tuple[TimedSize, ...]
    knee: int | None
    critical: CriticalSize
    moves: MovedWith | None
    runs: int
    seconds: float
    notices: tuple[str, ...] = ()
