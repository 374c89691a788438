"""Folds loss calls into `LossInputs`."""

from wellfit.model.events.loss import LossComputed
from wellfit.model.facts.loss import LossInputs
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_loss_inputs(log: EventLog) -> LossInputs | Unseen:
    """Loss calls that carry gradients."""
    calls = tuple(e for e in log.of(LossComputed) if e.grad)
    if not calls:
        return Unseen("no loss function of torch.nn.functional was called with gradients on")
    return LossInputs(calls)
