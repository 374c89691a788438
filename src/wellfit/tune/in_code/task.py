"""What a search asks of a `FusedTask`: that its metric is measured, that its settings are read, what a report says."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wellfit.declare.space import Space
from wellfit.errors import raise_all
from wellfit.model.knob import Knob, Value

if TYPE_CHECKING:
    from wellfit.fuse.result import FusedResult, Point
    from wellfit.fuse.task import FusedTask

REPORTS = 10
"""Of each trial, the last one at its end: rungs stand at the second and the sixth."""


def is_task(given: Any) -> bool:
    """Whether something is a `FusedTask`; torch stays out where it is none."""
    module = sys.modules.get("wellfit.fuse.task")
    return module is not None and isinstance(given, module.FusedTask)


def report_every(task: "FusedTask") -> int:
    """Steps between two reports, >= 1."""
    return -(-task.steps // REPORTS)


def reports(task: "FusedTask") -> int:
    """How often a whole trial reports, from 1 to `REPORTS`."""
    return -(-task.steps // report_every(task))


def numbers_of(point: "Point") -> Mapping[str, float]:
    """All that one report says, by the names that a search knows it by."""
    return {"train_loss": point.training_loss, "val_loss": point.validation_loss, **point.metrics}


def tests_of(result: "FusedResult") -> Mapping[str, float]:
    """All that the test batches say, by the names that a search knows it by."""
    return {f"test_{name}": value for name, value in result.test.items()}


def mistakes_of(task: "FusedTask", metric: str, test_metric: str | None) -> Iterator[str]:
    """What a task does not measure, in sentences."""
    known = (["val_loss", *task.metrics] if task.validation else []) + ["train_loss"]
    lacking = "" if task.validation else ", for it was given no validation batches"
    if metric not in known:
        yield f"the task measures no {metric}: it has {', '.join(known)}{lacking}"
    if test_metric is not None:
        yield from _mistakes_of_test(task, test_metric)


def _mistakes_of_test(task: "FusedTask", test_metric: str) -> Iterator[str]:
    known = [f"test_{name}" for name in ("loss", *task.metrics)]
    if not task.test:
        yield f"test_metric={test_metric!r} needs data that chose nothing: give FusedTask its test batches"
    elif test_metric not in known:
        yield f"test_metric must be one of {', '.join(known)}, measured on the test batches, got {test_metric!r}"


def refuse_unread(task: "FusedTask", space: Space, seed: int) -> None:
    """Stop before there is a study, where what is searched is nothing that a training reads, or leaves its bounds.

    Args:
        task: what is trained.
        space: of its hyperparameters.
        seed: of the one step that is made to find out.

    Raises:
        UsageError: all mistakes at once.
    """
    from wellfit.fuse.settings import KNOWN, mistakes
    from wellfit.fuse.train import train_fused

    given = dict(space.defaults)
    ends = [given | {knob.name: end} for knob in space.knobs for end in ends_of(knob)]
    raise_all(list(dict.fromkeys(mistake for setting in (given, *ends) for mistake in mistakes(task, setting))))
    highest = given | {knob.name: ends_of(knob)[-1] for knob in space.knobs if knob.name in KNOWN}
    train_fused(
        replace(task, validation=()), [highest], seeds=(seed,), report_every=1, on_report=lambda _, points: points
    )


def ends_of(knob: Knob) -> tuple[Value, ...]:
    """The lowest and the highest value of a range, or all choices."""
    if knob.choices:
        return knob.choices
    pair = knob.low or 0.0, knob.high or 0.0
    return tuple(int(end) for end in pair) if knob.integer else pair
