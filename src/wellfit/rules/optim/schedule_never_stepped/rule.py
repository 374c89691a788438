"""A learning-rate schedule is made and never stepped.

## Why it hurts
The rate stays at its first value: no decay, and where the schedule begins with a warm-up, the low rate of its
first step for the whole run.

## How it is seen
The counters of all schedulers of an optimizer still stand at their start after several epochs, or at the end of
the whole run, and the rate has not changed by other means.

## What it cannot see
Schedulers that are no `LRScheduler`, `ReduceLROnPlateau` among them; runs that are cut short in their first epochs.

## Fix
Call `scheduler.step()` after `optimizer.step()`, once per unit that the schedule counts.

## Sources
PyTorch documentation, `torch.optim`, "How to adjust learning rate".
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.facts.optim import Schedules
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

WHOLE_EPOCHS = 10  # epochs completed without an advance; some programs begin to decay after a few
FEWEST_EPOCHS = 2  # epochs of a run that has come to its own end
FEWEST_STEPS = 50  # steps of such a run, where epochs are not known; a schedule may count in tens of steps

PER_STEP = ("OneCycleLR", "CyclicLR")  # made to be stepped after each batch

LATE = ("SWALR",)  # steps in the last part of the training only, by design


@rule("WF306", "schedule-never-stepped", severity="error", since="0.1")
def schedule_never_stepped(schedules: Schedules) -> Answers:
    """Judge the schedulers of each optimizer together: they often take turns."""
    if not schedules.all:
        yield Unseen("no learning-rate scheduler of torch.optim was made, or its rate is a tensor")
    for optimizer in dict.fromkeys(s.optimizer for s in schedules.all if s.kind not in LATE):
        several = schedules.of(optimizer)
        if any(s.advanced > 0 or s.moved for s in several):
            continue
        if all(_is_long_enough(s, schedules) for s in several):
            yield _find(several[-1], schedules)
        else:
            yield Unseen("the schedule has not advanced yet; run whole epochs (a larger --steps)")


def _is_long_enough(schedule: ScheduleSeen, schedules: Schedules) -> bool:
    if schedule.epochs > WHOLE_EPOCHS:
        return True
    if not (schedules.finished and schedule.at_end):
        return False
    return schedule.epochs >= FEWEST_EPOCHS or (not schedule.epochs and schedule.all_steps >= FEWEST_STEPS)


def _find(schedule: ScheduleSeen, schedules: Schedules) -> Finding:
    epochs = f" in {schedule.epochs} epochs" if schedule.epochs else ""
    return Finding(
        where=schedule.made_at,
        saw=f"{schedule.kind} was made and not once stepped during {schedule.optimizer_steps} optimizer steps{epochs};"
        f" the rate stayed at {schedule.start_rate:.3g}",
        why="the learning rate never follows the schedule",
        fix=Fix(
            "call scheduler.step() after optimizer.step(), once per unit that the schedule counts",
            details={
                "kind": schedule.kind,
                "longest": max((length for lengths in schedule.lengths.values() for length in lengths), default=0),
                "epochs": schedule.epochs,
                "steps": schedule.all_steps,
            },
        ),
        cure=_cure(schedule, schedules),
    )


def _cure(schedule: ScheduleSeen, schedules: Schedules) -> Cure | None:
    """Step it after each step where it is long enough for that, else once an epoch."""
    if schedule.made_at is None:
        return None
    epoch = schedules.epoch_steps(schedule)
    length = max((n for several in schedule.lengths.values() for n in several), default=0)
    per_step = schedule.kind in PER_STEP or length**2 > schedule.all_steps * max(1, schedule.epochs)
    every = 1 if epoch is None or per_step else max(1, round(epoch))
    return Cure("step_schedule", schedule.made_at, {"every": every})
