"""Folds the modes of trained modules into `TrainingModes`."""

from wellfit.model.events.loop import TrainingModeSeen
from wellfit.model.facts.loop import TrainingModes
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen


def fold_training_modes(log: EventLog) -> TrainingModes | Unseen:
    """Group what was seen by root."""
    groups: dict[int, list[TrainingModeSeen]] = {}
    for seen in log.of(TrainingModeSeen):
        groups.setdefault(seen.root, []).append(seen)
    if not groups:
        return Unseen("no module was seen to be called, to receive gradients, and to be stepped on as a whole")
    return TrainingModes({number: tuple(seen) for number, seen in groups.items()})
