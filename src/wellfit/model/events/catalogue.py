"""The explicit tuple of all event types; a log line of any other type is passed over."""

from wellfit.model.events.loss import LossBroadcast, LossComputed, LossTraced
from wellfit.model.events.run import Armed, Counted, Ended, ProbeBroke, SteppedAside, Tracked

EVENTS: tuple[type, ...] = (
    Armed,
    Counted,
    Ended,
    LossBroadcast,
    LossComputed,
    LossTraced,
    ProbeBroke,
    SteppedAside,
    Tracked,
)
