"""Folds cycles of optimizers into `OptimizerCycles`."""

from wellfit.model.events.loop import CycleSeen
from wellfit.model.facts.loop import OptimizerCycles
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_optimizer_cycles(log: EventLog) -> OptimizerCycles | Unseen:
    """Group the cycles by optimizer."""
    groups: dict[int, list[CycleSeen]] = {}
    for cycle in log.of(CycleSeen):
        groups.setdefault(cycle.optimizer, []).append(cycle)
    if not groups:
        return Unseen("no optimizer made two steps one after the other; let the run make a few more steps")
    return OptimizerCycles({number: tuple(cycles) for number, cycles in groups.items()})
