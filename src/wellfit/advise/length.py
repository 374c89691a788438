"""How long the whole run is going to be, and who says so."""

import math
from dataclasses import dataclass

from wellfit.advise.seen import Course, Data, Training
from wellfit.recipes.setting import Setting

ASSUMED_EPOCHS, ASSUMED_STEPS = 20, 1000
"""Where nothing in the run says how long it is; the page says that they are assumed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The run to fit the recipe to.

    Args:
        setting: its numbers.
        said_by: where epochs and steps are from, in words.
        known: false where steps are assumed.
    """

    setting: Setting
    said_by: str
    known: bool = True


def plan_length(training: Training, course: Course, *, epochs: float | None) -> Planned:
    """The run's length: as the user says, as it was seen to its end, or as scheduler and loops have it.

    Args:
        training: what was seen.
        course: of the process.
        epochs: as the user says; None where not.
    """
    data, steps = course.data, len(training.backwards)
    batch, samples = _batch(training, data), data.samples if data else None
    each = _steps_an_epoch(training, data)
    if epochs is not None:
        return Planned(Setting(max(1, round(epochs * (each or 1))), epochs, batch, samples), "epochs as you said")
    if course.finished:
        passes = float(data.passes) if data else steps / (each or 1)
        return Planned(Setting(max(1, steps), passes, batch, samples), "the whole run was seen")
    total, said_by, known = _total(training, each, steps)
    said_by += "" if each else f"; {ASSUMED_EPOCHS} epochs are assumed, since nothing seen says how long one is"
    return Planned(Setting(total, total / (each or _least(total)), batch, samples), said_by, known)


def _least(total: int) -> float:
    """Steps in an epoch where nobody says."""
    return total / ASSUMED_EPOCHS


Total = tuple[int, str, bool]
"""Optimizer steps in the whole run, who says so, and whether anybody does."""


def _total(training: Training, each: int | None, steps: int) -> Total:
    scheduler = training.scheduler
    length = scheduler.length if scheduler else None
    if training.told:
        return training.told, "steps as the trainer has them", True
    if scheduler is not None and length:
        if scheduler.advances >= steps - 1:
            return length, f"steps as {scheduler.kind} has them", True
        if each and not scheduler.advances and steps < each:
            return length * each, f"epochs as {scheduler.kind} has them", True
    return _of_loops(training, each)


def _of_loops(training: Training, each: int | None) -> Total:
    loops = training.loops
    known = loops[: loops.index(None)] if None in loops else loops
    rounds = math.prod(count for count in known if count is not None)
    if rounds > 1 and len(known) == len(loops):
        return max(1, rounds // training.passes_a_step), "steps as the loops around the step have them", True
    if rounds > 1 and each:
        return rounds * each, "epochs as the loop around the loader has them", True
    if each:
        said_by = f"{ASSUMED_EPOCHS} epochs are assumed: nothing seen says how many; --epochs does"
        return ASSUMED_EPOCHS * each, said_by, False
    return ASSUMED_STEPS, f"{ASSUMED_STEPS:,} steps are assumed: nothing seen says how many", False


def scheduled_every(training: Training, course: Course) -> float | None:
    """Optimizer steps between two calls of its scheduler; None where there is none, or that cannot be told.

    Args:
        training: what was seen.
        course: of the process.
    """
    scheduler, steps = training.scheduler, len(training.backwards)
    if scheduler is None:
        return None
    if scheduler.advances >= steps - 1:
        return 1.0
    each = _steps_an_epoch(training, course.data)
    return float(each) if each else (steps / scheduler.advances if scheduler.advances else None)


def _steps_an_epoch(training: Training, data: Data | None) -> int | None:
    if data and data.batches:
        return max(1, math.ceil(data.batches / training.passes_a_step))
    counted = training.loops
    nested = len(counted) > 1 and counted[-1]
    return max(1, nested // training.passes_a_step) if nested else None


def _batch(training: Training, data: Data | None) -> int | None:
    size = data.batch_size if data and data.batch_size else training.rows
    return size * training.passes_a_step if size else None
