"""Folds what was seen of optimizers, their coverage, update sizes and schedules; the latest state counts."""

from wellfit.model.events.optim import OptimizerSeen, ParametersCovered, ScheduleSeen, Updated
from wellfit.model.events.run import Ended, Tracked
from wellfit.model.facts.optim import LossCourse, OptimizersSeen, ParameterCoverage, Schedules, UpdateSizes
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen

NO_STEP = "no torch.optim optimizer stepped"


def fold_optimizers(log: EventLog) -> OptimizersSeen | Unseen:
    """The last event of each optimizer."""
    latest = {e.optimizer: e for e in log.of(OptimizerSeen)}
    return OptimizersSeen(tuple(latest.values())) if latest else Unseen(NO_STEP)


def fold_coverage(log: EventLog) -> ParameterCoverage | Unseen:
    """The last event."""
    last = log.last(ParametersCovered)
    return Unseen(NO_STEP) if last is None else ParameterCoverage(last.backwards, last.optimizers, last.modules)


def fold_update_sizes(log: EventLog) -> UpdateSizes:
    """All events; none is an answer too, as some rules only weigh with them."""
    return UpdateSizes(log.of(Updated))


def fold_schedules(log: EventLog) -> Schedules:
    """The last event of each scheduler; none is an answer too."""
    latest = {e.schedule: e for e in log.of(ScheduleSeen)}
    ended = log.last(Ended)
    return Schedules(tuple(latest.values()), ended is not None and ended.how == "exit")


def fold_loss_course(log: EventLog) -> LossCourse | Unseen:
    """All stretches as one."""
    stretches = log.of(Tracked)
    steps = tuple(s for stretch in stretches for s in stretch.steps)
    losses = tuple(v for stretch in stretches for v in stretch.losses)
    return LossCourse(steps, losses) if steps else Unseen("no loss was read before an optimizer step")
