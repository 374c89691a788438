"""A learning-rate schedule has ended long before the run does.

## Why it hurts
Past the end of its decay the rate is next to nothing, and the steps that follow move next to nothing. OneCycleLR raises
an error at the first call after its last step, and takes the run down with it.

## How it is seen
From before the middle of the run on, every optimizer step had a rate under a hundredth of the highest one; the program
came to its own end. Or the counter of an OneCycleLR stands past its `total_steps`. Schedules that say in their name
that they are cyclic or restart are left alone, and a schedule that is stepped in the wrong unit is told by WF305, one
whose rate is exactly 0 at the end by WF307, a cosine that climbs back by WF311.

## What it cannot see
Schedules that go on from a checkpoint, two that share one optimizer, rates that a program sets by hand, and a parameter
group whose rate moves unlike that of the first one that trains.

## Fix
Give the schedule the number of calls of `scheduler.step()` in the whole run; a schedule that only multiplies, such as
StepLR, a larger `gamma` or fewer drops.

## Sources
PyTorch documentation, `torch.optim.lr_scheduler`; OneCycleLR's `get_lr`, which raises past `total_steps`.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.facts.optim import Schedules
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

HALF = 0.5  # share of the run at under a hundredth of the highest rate; a power of 5 spends 0.4 there
FEWEST_STEPS = 20  # optimizer steps


@rule("WF313", "schedule-shorter-than-run", severity="warning", since="0.1")
def schedule_shorter_than_run(schedules: Schedules) -> Answers:
    """Judge each scheduler that sets its optimizer's rate alone."""
    if not schedules.all:
        yield Unseen("no learning-rate scheduler of torch.optim was made, or its rate is a tensor")
    elif not schedules.alone:
        yield Unseen("no learning-rate scheduler sets a rate with no other, from the start of the run")
    for schedule in schedules.alone:
        if schedule.kind == "OneCycleLR" and schedule.says.length and schedule.advanced > schedule.says.length:
            yield _find_stop(schedule, schedule.says.length)
        elif schedule.says.cyclic or schedules.in_wrong_unit(schedule) or schedules.runs_dry(schedule):
            continue
        elif schedules.finished and _is_over(schedule):
            yield _find_end(schedule)


def _is_over(schedule: ScheduleSeen) -> bool:
    long_enough = schedule.all_steps >= FEWEST_STEPS
    return long_enough and schedule.rates.small_at_last > HALF * schedule.all_steps


def _find_stop(schedule: ScheduleSeen, length: int) -> Finding:
    return Finding(
        where=schedule.made_at,
        saw=f"{schedule.says.title} was stepped more than {length} times; step() raises from call {length + 1} on",
        why="the schedule, and with it the run, ends there",
        fix=Fix("give it the number of calls of scheduler.step() in the whole run"),
        severity="error",
    )


def _find_end(schedule: ScheduleSeen) -> Finding:
    small, steps, calls = schedule.rates.small_at_last, schedule.all_steps, schedule.advanced
    length, argument = schedule.says.length, schedule.says.argument
    ends = length is not None and length < calls
    return Finding(
        where=schedule.made_at,
        saw=f"{schedule.says.title or schedule.kind} got {calls} calls of step(); the rate was under 1% of its highest,"
        f" {schedule.rates.highest:.3g}, in the last {small} of {steps} optimizer steps, and ended at"
        f" {schedule.rate:.3g}",
        why="the second half of the run, and more, moves next to nothing",
        fix=Fix(
            f"give the schedule the length of the run: {argument}={calls}"
            if ends
            else "let the rate fall more slowly: a hundredth of the highest is enough at the end of the run",
            details={"calls": calls, "argument": argument if ends else "", "length": length},
        ),
        count=small,
        first_step=steps - small,
        cure=_cure(schedule, ends=ends),
    )


def _cure(schedule: ScheduleSeen, *, ends: bool) -> Cure | None:
    if schedule.made_at is None or schedule.members:
        return None
    if ends:
        return Cure("lengthen_schedule", schedule.made_at, {"calls": schedule.advanced})
    return Cure("replace_schedule", schedule.made_at, {"shape": "cosine", "steps": schedule.all_steps})
