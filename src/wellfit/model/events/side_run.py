"""Events about calls of the model beside the training, in evaluation mode and on the real inputs."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class MixingOperation:
    """The first operation that was given rows of their own, and whose result mixes them.

    Args:
        operation: its name, such as softmax, view or lstm.
        given: shape of what it was given.
        made: shape of its result.
        batch_dim: dimension of what it was given along which the samples lie.
        dim: the dimension that a softmax works on, else None.
    """

    operation: str
    given: tuple[int, ...]
    made: tuple[int, ...]
    batch_dim: int
    dim: int | None
    place: Place | None


@dataclass(frozen=True, slots=True)
class LiveDropout:
    """A dropout that drops values while the model is in evaluation mode."""

    operation: str
    rate: float
    place: Place | None


@dataclass(frozen=True, slots=True)
class SideRan:
    """A model was run beside the training, or could not be.

    Args:
        root: class of the model.
        refused: why it was not run, or why only to see whether two runs differ; empty where it was.
        rows: samples in the batch.
        moved: other rows of the output that moved when sample 0 was replaced.
        mixing: what mixed them, where an operation could be named.
        dropouts: dropouts alive in evaluation mode, each line once.
        differs: two runs on one input gave different outputs; None where there was no reason to look.
    """

    step: int
    root: str
    refused: str
    rows: int
    moved: int
    mixing: MixingOperation | None
    dropouts: tuple[LiveDropout, ...]
    differs: bool | None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Evaluations of a model so far: in evaluation mode and without gradients; the last one counts.

    Args:
        repeated: of these, forwards on the input of the one before, or on one sample many times over.
    """

    step: int
    root: str
    forwards: int
    repeated: int
