"""Folds what the procedures of `wellfit check --deep` saw into facts; without them each fact is unseen."""

from typing import TypeVar

from wellfit.model.events.deep import ProcedureRefused, RunsCompared
from wellfit.model.facts.deep import Repetition
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen

E = TypeVar("E")

ONLY_DEEP = "looked at by --deep only"


def fold_repetition(log: EventLog) -> Repetition | Unseen:
    """The comparison of two runs."""
    seen = _evidence(log, RunsCompared)
    return seen if isinstance(seen, Unseen) else Repetition(seen)


def _evidence(log: EventLog, kind: type[E]) -> E | Unseen:
    """The latest event of a procedure, why it could not look, or that nobody asked it to."""
    seen = log.last(kind)
    if seen is not None:
        return seen
    reasons = [refused.reason for refused in log.of(ProcedureRefused) if kind.__name__ in refused.evidence]
    return Unseen(reasons[-1] if reasons else ONLY_DEEP)
