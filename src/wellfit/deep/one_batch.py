"""A model must learn one batch by heart: every training step gets the first batch again."""

import math
from collections.abc import Iterator

from wellfit.deep.procedure import AS_IS, Procedure, Trials, Variant
from wellfit.errors import ProcedureError
from wellfit.model.cure import Cure
from wellfit.model.events.deep import FirstLoss, OneBatchTrained
from wellfit.model.events.trial import TrialStepped
from wellfit.prove.trial import TrialRun

ONE_BATCH = Variant("on one batch", (Cure("repeat_batch"),))

FEWEST_STEPS = 20
"""Steps from which on the shape of a curve can be read."""

MOST_POINTS = 256
"""Points of a curve that are written."""


def train_on_one_batch(trials: Trials) -> Iterator[OneBatchTrained]:
    """The course of the loss on one batch."""
    if trials.train_steps < FEWEST_STEPS:
        raise ProcedureError(
            f"the script trains for {trials.train_steps} steps, and a batch is learned in {FEWEST_STEPS} at least"
        )
    first = trials.run(AS_IS).log.last(FirstLoss)
    run = trials.run(ONE_BATCH)
    if not run.applied or not run.applied[0]:
        raise ProcedureError("no batch could be given to the model a second time")
    stepped = run.log.of(TrialStepped)
    points = stepped[:: max(1, math.ceil(len(stepped) / MOST_POINTS))]
    yield OneBatchTrained(
        steps=tuple(point.step for point in points),
        losses=tuple(math.nan if point.loss is None else point.loss for point in points),
        proper=tuple(_proper(points)),
        first=first,
    )


def proper_course(run: TrialRun) -> tuple[float, ...]:
    """The proper loss of each step; empty where a step has none."""
    return tuple(_proper(run.log.of(TrialStepped)))


def _proper(points: tuple[TrialStepped, ...]) -> list[float]:
    values = [point.proper for point in points if point.proper is not None]
    return values if len(values) == len(points) else []


LEARN_ONE_BATCH = Procedure(
    name="overfit one batch",
    writes=(OneBatchTrained,),
    variants=(AS_IS, ONE_BATCH),
    listens=(FirstLoss,),
    look=train_on_one_batch,
)
