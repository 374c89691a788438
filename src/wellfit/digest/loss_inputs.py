"""Folds the events around the loss into `LossInputs`, `LossBroadcasts` and `LossTraces`."""

from wellfit.model.events.loss import LossBroadcast, LossComputed, LossTraced, SoftmaxRepeated
from wellfit.model.facts.loss import LossBroadcasts, LossInputs, LossTraces
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_loss_inputs(log: EventLog) -> LossInputs | Unseen:
    """Loss calls that carry gradients."""
    calls, repeated = log.of(LossComputed), log.of(SoftmaxRepeated)
    if not calls and not repeated:
        return Unseen("no loss function of torch.nn.functional was called with gradients on")
    return LossInputs(calls, repeated)


def fold_loss_broadcasts(log: EventLog) -> LossBroadcasts | Unseen:
    """Pairings of all samples with all; without any backward there is nothing to say."""
    seen = log.of(LossBroadcast)
    if not seen and not log.of(LossTraced):
        return Unseen("no backward pass was seen")
    return LossBroadcasts(seen)


def fold_loss_traces(log: EventLog) -> LossTraces | Unseen:
    """Backward passes."""
    traces = log.of(LossTraced)
    return LossTraces(traces) if traces else Unseen("no backward pass was seen")
