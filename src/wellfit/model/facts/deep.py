"""Facts that only `wellfit check --deep` can see: each is made by experiments on the script."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.events.deep import (
    BatchSizesTried,
    BlankCompared,
    CausalityTried,
    EvaluationPass,
    FirstLoss,
    MetricTried,
    OneBatchTrained,
    PrintedNumber,
    ResumptionTried,
    RunsCompared,
)


@dataclass(frozen=True, slots=True)
class Repetition:
    """Whether equal seeds give equal runs."""

    compared: RunsCompared


Shape = Literal["falls", "falling", "flat", "swings", "rises", "explodes"]
"""What a loss on one batch does: it is learned; it is on its way; it stays; it jumps; it goes up; it
leaves all bounds."""


@dataclass(frozen=True, slots=True)
class Course:
    """The course of the loss on one batch: of the proper loss, where there is one, and else of the script's own.

    Args:
        start: before the first step.
        end: median of the last tenth.
        floor: the least that can be reached, where that is known.
        rises_against_own: the proper loss rises while the script's own falls.
    """

    shape: Shape
    start: float
    end: float
    floor: float | None
    rises_against_own: bool


@dataclass(frozen=True, slots=True)
class OneBatch:
    """What training on one batch came to."""

    trained: OneBatchTrained
    course: Course


@dataclass(frozen=True, slots=True)
class Blankness:
    """What the inputs are worth to the training."""

    compared: BlankCompared


@dataclass(frozen=True, slots=True)
class LossAtInit:
    """The first loss beside what theory says of it."""

    first: FirstLoss


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """Whether a sample's answer depends on the size of its batch, or on its neighbours in it."""

    tried: BatchSizesTried


@dataclass(frozen=True, slots=True)
class Causality:
    """Whether a model that predicts the next value of a sequence sees it."""

    tried: CausalityTried


@dataclass(frozen=True, slots=True)
class Resumption:
    """Whether a training can go on from what is saved of it."""

    tried: ResumptionTried


Reading = Literal["batches", "last batch"]
"""What a score is of, where it is not of all samples: the mean of the batches' own scores; the last batch alone."""


@dataclass(frozen=True, slots=True)
class ReadScore:
    """A printed score that constant answers show to be of something else than all samples.

    Args:
        number: one of those that show it, with constant answers.
        read: in the number's own scale, what it was computed to be there.
        of_all: the same, of all samples.
        seen: the pass that it was printed of.
        other: the same data in other batches; None where they could not be cut otherwise.
        shown_by: different numbers that show it.
    """

    reading: Reading
    number: PrintedNumber
    read: float
    of_all: float
    seen: EvaluationPass
    other: EvaluationPass | None
    shown_by: int


@dataclass(frozen=True, slots=True)
class MetricOfAnswers:
    """What the script's own metric makes of perfect, of shuffled and of constant answers.

    Args:
        scores: numbers that perfect answers make perfect, and that were printed of constant answers too.
        misread: scores that are of something else than all samples.
    """

    tried: MetricTried
    scores: int
    misread: tuple[ReadScore, ...]
