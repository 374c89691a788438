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
    """The last that was told of each optimizer and of each module: many are gone before the program ends."""
    events = log.of(ParametersCovered)
    if not events:
        return Unseen(NO_STEP)
    optimizers = {o.optimizer: o for e in events for o in e.optimizers}
    modules = {m.module: m for e in events for m in e.modules}
    return ParameterCoverage(events[-1].backwards, tuple(optimizers.values()), tuple(modules.values()))


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
    rates = tuple(v for stretch in stretches for v in stretch.rates)
    return LossCourse(steps, losses, rates) if steps else Unseen("no loss was read before an optimizer step")
