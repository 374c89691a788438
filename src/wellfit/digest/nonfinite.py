"""Folds what was seen of values that are not finite into `NonfiniteStart`."""

from wellfit.model.events.numerics import (
    GradientBecameNonfinite,
    LossBecameNonfinite,
    NonfiniteCounted,
    OriginLocated,
)
from wellfit.model.facts.numerics import NonfiniteStart
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_nonfinite_start(log: EventLog) -> NonfiniteStart | Unseen:
    """The first loss and gradient that went wrong, and the totals."""
    counted = log.last(NonfiniteCounted)
    if counted is None:
        return Unseen("backward never ran on a loss whose value could be read")
    losses, gradients = log.of(LossBecameNonfinite), log.of(GradientBecameNonfinite)
    return NonfiniteStart(
        losses[0] if losses else None,
        gradients[0] if gradients else None,
        log.of(OriginLocated),
        counted.losses,
        counted.backwards,
        counted.latest,
    )
