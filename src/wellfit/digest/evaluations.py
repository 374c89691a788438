"""Folds passes without gradients into `Evaluations`."""

from wellfit.model.events.evaluation import TrainModePassSeen
from wellfit.model.events.run import Counted
from wellfit.model.facts.evaluation import Evaluations
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_evaluations(log: EventLog) -> Evaluations | Unseen:
    """Gather the passes; a run without any forward pass under no_grad has no evaluation that could be seen."""
    counted = log.last(Counted)
    passes = log.of(TrainModePassSeen)
    if not passes and (counted is None or not counted.evaluation_forwards):
        return Unseen("no module was called without gradients: nothing was evaluated under torch.no_grad()")
    return Evaluations(counted.evaluation_forwards if counted else 0, passes)
