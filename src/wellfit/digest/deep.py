"""Folds what the procedures of `wellfit check --deep` saw into facts; without them each fact is unseen."""

from collections.abc import Callable
from typing import TypeVar

from wellfit.digest.metric import count_scores, misread_scores
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
F = TypeVar("F")

ONLY_DEEP = "looked at by --deep only"


def fold_one_batch(log: EventLog) -> OneBatch | Unseen:
    """The course of the loss on one batch, and its shape."""
    seen = _evidence(log, OneBatchTrained)
    if isinstance(seen, Unseen):
        return seen
    course = read_course(seen)
    return Unseen("the loss on one batch could not be read") if course is None else OneBatch(seen, course)


def _evidence(log: EventLog, kind: type[E]) -> E | Unseen:
    """The latest event of a procedure, why it could not look, or that nobody asked it to."""
    seen = log.last(kind)
    if seen is not None:
        return seen
    reasons = [refused.reason for refused in log.of(ProcedureRefused) if kind.__name__ in refused.evidence]
    return Unseen(reasons[-1] if reasons else ONLY_DEEP)


def _holding(kind: type[E], fact: Callable[[E], F]) -> Callable[[EventLog], F | Unseen]:
    """A fold into a fact that holds the latest event of a procedure as it is."""

    def fold(log: EventLog) -> F | Unseen:
        seen = _evidence(log, kind)
        return seen if isinstance(seen, Unseen) else fact(seen)

    return fold


fold_repetition = _holding(RunsCompared, Repetition)
fold_blankness = _holding(BlankCompared, Blankness)
fold_loss_at_init = _holding(FirstLoss, LossAtInit)
fold_batch_sizes = _holding(BatchSizesTried, BatchSizes)
fold_causality = _holding(CausalityTried, Causality)
fold_resumption = _holding(ResumptionTried, Resumption)
fold_metric = _holding(
    MetricTried, lambda tried: MetricOfAnswers(tried, count_scores(tried), tuple(misread_scores(tried)))
)
