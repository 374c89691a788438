"""Folds what the losses reached into facts."""

from wellfit.model.events.loss import LossTraced
from wellfit.model.events.reach import LeavesReached, PathsTraced
from wellfit.model.facts.reach import GradientPaths, ReachedLeaves
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_reached_leaves(log: EventLog) -> ReachedLeaves | Unseen:
    """The last look at the leaves of the losses."""
    last = log.last(LeavesReached)
    return Unseen("no loss was seen on its way backward") if last is None else ReachedLeaves(last)


def fold_gradient_paths(log: EventLog) -> GradientPaths | Unseen:
    """The last look at parameters that ran and were not reached."""
    last, losses = log.last(PathsTraced), log.of(LossTraced)
    if last is None:
        return Unseen("no optimizer stepped after a backward pass that was seen")
    if losses and not any(loss.parameters for loss in losses):
        return Unseen("no loss reached any parameter: the loss itself is cut off, which loss-detached tells")
    return GradientPaths(last)
