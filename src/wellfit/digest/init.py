"""Folds what was seen of the weights' start into a fact."""

from wellfit.model.events.init import RowsWatched
from wellfit.model.facts.init import WeightRows
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_weight_rows(log: EventLog) -> WeightRows | Unseen:
    """The last look at weights that started with equal rows."""
    last = log.last(RowsWatched)
    if last is None:
        return Unseen("no loss was seen whose parameters could be looked at before the first step")
    return WeightRows(last)
