"""Folds what was seen of optimizers, their coverage, update sizes and schedules; the latest state counts."""

from wellfit.model.events.optim import OptimizerSeen, ParametersCovered, PlateauSeen, ScheduleSeen, Updated
from wellfit.model.events.run import Ended, Tracked
from wellfit.model.facts.optim import (
    LayerRates,
    LossCourse,
    OptimizersSeen,
    ParameterCoverage,
    Plateaus,
    ScaledRates,
    Schedules,
    UpdateSizes,
)
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
    latest = {e.schedule: e for e in log.of(ScheduleSeen)}.values()
    ended = log.last(Ended)
    finished = ended is not None and ended.how == "exit"
    return Schedules(
        tuple(e for e in latest if not e.members),
        finished,
        tuple(e for e in latest if e.members),
        frozenset(e.optimizer for e in log.of(PlateauSeen)),
    )


def fold_plateaus(log: EventLog) -> Plateaus:
    """The last event of each."""
    return Plateaus(tuple({e.plateau: e for e in log.of(PlateauSeen)}.values()))


def fold_layer_rates(log: EventLog) -> LayerRates | Unseen:
    """Of each optimizer the two groups that its first look shows with different scales, in all looks."""
    events: dict[int, list[OptimizerSeen]] = {}
    for event in log.of(OptimizerSeen):
        events.setdefault(event.optimizer, []).append(event)
    if not events:
        return Unseen(NO_STEP)
    return LayerRates(tuple(scaled for looks in events.values() if (scaled := _scaled(looks)) is not None))


def _scaled(looks: list[OptimizerSeen]) -> ScaledRates | None:
    """Two groups of one optimizer with different scales: those of the lowest and the highest."""
    last = looks[-1]
    scales = [(g.scale, i) for i, g in enumerate(last.groups) if g.scale is not None]
    if not scales or min(scales)[0] == max(scales)[0]:
        return None
    (low, one), (high, other) = min(scales), max(scales)
    pairs = [(e.groups[one].rate, e.groups[other].rate) for e in looks if len(e.groups) == len(last.groups)]
    rates = [(a, b) for a, b in pairs if a or b]
    same = [a for a, b in rates if a is not None and a == b]
    return ScaledRates(last, len(rates), len(same), (low, high), same[-1] if same else 0.0)


def fold_loss_course(log: EventLog) -> LossCourse | Unseen:
    """All stretches as one."""
    stretches = log.of(Tracked)
    steps = tuple(s for stretch in stretches for s in stretch.steps)
    losses = tuple(v for stretch in stretches for v in stretch.losses)
    rates = tuple(v for stretch in stretches for v in stretch.rates)
    return LossCourse(steps, losses, rates) if steps else Unseen("no loss was read before an optimizer step")
