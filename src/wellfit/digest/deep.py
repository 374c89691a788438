"""Folds what the procedures of `wellfit check --deep` saw into facts; without them each fact is unseen."""

from typing import TypeVar

from wellfit.digest.one_batch import read_course
from wellfit.model.events.deep import (
    BatchSizesTried,
    BlankCompared,
    CausalityTried,
    FirstLoss,
    MetricTried,
    OneBatchTrained,
    ProcedureRefused,
    ResumptionTried,
    RunsCompared,
)
from wellfit.model.facts.deep import (
    BatchSizes,
    Blankness,
    Causality,
    LossAtInit,
    MetricOfAnswers,
    OneBatch,
    Repetition,
    Resumption,
)
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen

E = TypeVar("E")

ONLY_DEEP = "looked at by --deep only"


def fold_repetition(log: EventLog) -> Repetition | Unseen:
    """The comparison of two runs."""
    seen = _evidence(log, RunsCompared)
    return seen if isinstance(seen, Unseen) else Repetition(seen)


def fold_one_batch(log: EventLog) -> OneBatch | Unseen:
    """The course of the loss on one batch, and its shape."""
    seen = _evidence(log, OneBatchTrained)
    if isinstance(seen, Unseen):
        return seen
    course = read_course(seen)
    return Unseen("the loss on one batch could not be read") if course is None else OneBatch(seen, course)


def fold_blankness(log: EventLog) -> Blankness | Unseen:
    """The comparison with runs that see nothing."""
    seen = _evidence(log, BlankCompared)
    return seen if isinstance(seen, Unseen) else Blankness(seen)


def fold_loss_at_init(log: EventLog) -> LossAtInit | Unseen:
    """The first loss."""
    seen = _evidence(log, FirstLoss)
    return seen if isinstance(seen, Unseen) else LossAtInit(seen)


def fold_batch_sizes(log: EventLog) -> BatchSizes | Unseen:
    """The answers in other batches."""
    seen = _evidence(log, BatchSizesTried)
    return seen if isinstance(seen, Unseen) else BatchSizes(seen)


def fold_causality(log: EventLog) -> Causality | Unseen:
    """The answers before a value that was changed."""
    seen = _evidence(log, CausalityTried)
    return seen if isinstance(seen, Unseen) else Causality(seen)


def fold_resumption(log: EventLog) -> Resumption | Unseen:
    """What came back after saving and loading."""
    seen = _evidence(log, ResumptionTried)
    return seen if isinstance(seen, Unseen) else Resumption(seen)


def fold_metric(log: EventLog) -> MetricOfAnswers | Unseen:
    """What is printed of perfect answers."""
    seen = _evidence(log, MetricTried)
    return seen if isinstance(seen, Unseen) else MetricOfAnswers(seen)


def _evidence(log: EventLog, kind: type[E]) -> E | Unseen:
    """The latest event of a procedure, why it could not look, or that nobody asked it to."""
    seen = log.last(kind)
    if seen is not None:
        return seen
    reasons = [refused.reason for refused in log.of(ProcedureRefused) if kind.__name__ in refused.evidence]
    return Unseen(reasons[-1] if reasons else ONLY_DEEP)
