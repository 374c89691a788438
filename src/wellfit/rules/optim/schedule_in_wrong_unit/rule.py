"""A learning-rate schedule counts epochs and is stepped per batch, or the other way round.

## Why it hurts
Stepped too often, the rate collapses within the first epoch, or swings up and down every few batches; stepped
too seldom, a long warm-up or decay hardly begins.

## How it is seen
The scheduler's own counter stands against the optimizer's steps and the passes over the training loader (or,
without a loader, the rounds of evaluation). Three courses are told: the rate fell to a hundredth within the
first epoch and stayed there; cosine annealing without declared restarts ran through several periods within an
epoch; and a schedule as long as the run's steps, or a CyclicLR whose first cycle is ten times as long as its calls,
was advanced once an epoch.

## What it cannot see
Loops with neither a DataLoader nor evaluations, schedules with a tensor as their rate, and the third course in
a run that was cut short.

## Fix
Call `scheduler.step()` once per unit that the schedule counts: after each epoch, or after each batch with its
lengths given in batches.

## Sources
PyTorch documentation, `torch.optim`, "How to adjust learning rate"; Loshchilov and Hutter 2017 (SGDR) for restarts.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.facts.optim import Schedules, whole_length
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

_PER_EPOCH = {"unit": "epoch"}


@rule("WF305", "schedule-in-wrong-unit", severity="error", since="0.1")
def schedule_in_wrong_unit(schedules: Schedules) -> Answers:
    """Judge each scheduler."""
    if not schedules.all:
        yield Unseen("no learning-rate scheduler of torch.optim was made, or its rate is a tensor")
    unknown = [s for s in schedules.all if schedules.epoch_steps(s) is None]
    for schedule in schedules.all:
        if schedules.runs_out(schedule):
            yield _find_early_end(schedule, schedules.epoch_steps(schedule))
        elif schedules.swings(schedule):
            yield _find_swing(schedule, schedules.epoch_steps(schedule))
        elif schedules.crawls(schedule):
            yield _find_crawl(schedule)
    if schedules.all and len(unknown) == len(schedules.all):
        yield Unseen("no whole epoch was seen: run at least two passes over a DataLoader (a larger --steps)")


def _find_early_end(schedule: ScheduleSeen, epoch: float | None) -> Finding:
    return Finding(
        where=schedule.made_at,
        saw=f"{_name(schedule)} was stepped {schedule.advanced} times in {schedule.optimizer_steps} optimizer steps;"
        f" the rate fell from {schedule.start_rate:.3g} to {schedule.rate:.3g} and lay below a hundredth of its start"
        f" for {schedule.low_steps} of {schedule.all_steps} steps, from the first epoch on",
        why="the lengths read as epochs and are used up batch by batch: training ends before it has begun",
        fix=Fix("call scheduler.step() once per epoch, or give the schedule's lengths in batches", details=_PER_EPOCH),
        cure=_cure(schedule, epoch),
    )


def _find_swing(schedule: ScheduleSeen, epoch: float | None) -> Finding:
    length = whole_length(schedule)
    return Finding(
        where=schedule.made_at,
        saw=f"{_name(schedule)} was stepped {schedule.advanced} times in {schedule.optimizer_steps} optimizer steps:"
        f" the rate fell and rose again {schedule.advanced / (2 * length):.1f} times",
        why=f"T_max={length} is used up batch by batch, and past it this cosine climbs back to the full rate",
        fix=Fix(
            "call scheduler.step() once per epoch, or set T_max to the number of batches in the whole run",
            details=_PER_EPOCH,
        ),
        cure=_cure(schedule, epoch),
    )


def _find_crawl(schedule: ScheduleSeen) -> Finding:
    meant = f"is as long as the run's {schedule.all_steps} optimizer steps"
    if not whole_length(schedule):
        meant = f"turns round after {schedule.says.turn} calls of step()"
    return Finding(
        where=schedule.made_at,
        saw=f"{_name(schedule)} {meant}, and was stepped only"
        f" {schedule.advanced} times, once an epoch; the rate came from {schedule.start_rate:.3g} to"
        f" {schedule.rate:.3g}",
        why="the schedule ends where it has hardly begun: its peak and its decay are never reached",
        fix=Fix("call scheduler.step() after every optimizer.step()", details={"unit": "step"}),
        cure=_cure(schedule, 1),
    )


def _cure(schedule: ScheduleSeen, every: float | None) -> Cure | None:
    if schedule.made_at is None or every is None:
        return None
    return Cure("step_schedule", schedule.made_at, {"every": max(1, round(every))})


def _name(schedule: ScheduleSeen) -> str:
    lengths = ", ".join(f"{n}={v[0] if len(v) == 1 else list(v)}" for n, v in schedule.lengths.items())
    return f"{schedule.kind}({lengths})" if lengths else schedule.kind
