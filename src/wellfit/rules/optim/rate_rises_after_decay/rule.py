"""A cosine schedule is shorter than the run: past its end the learning rate climbs back.

## Why it hurts
The last part of a training is spent at a small rate so that the weights settle. Past `T_max` torch's cosine annealing
goes up again, to the full rate at twice `T_max`: what had settled is shaken up, and the run may end in its midst.

## How it is seen
The scheduler's own counter stands against its `T_max`: it was stepped a quarter further, and no further than three
times as far. Restarts that are declared, by CosineAnnealingWarmRestarts or CyclicLR, are another matter, and so is a
schedule that counts epochs and is stepped per batch (WF305).

## What it cannot see
Schedules of functions that a program writes itself; a cosine that is run through again and again, which may be meant
as restarts.

## Fix
Set `T_max` to the number of times that `scheduler.step()` is called in the whole run.

## Sources
PyTorch documentation, `torch.optim.lr_scheduler.CosineAnnealingLR`: T_max is the maximum number of iterations, and the
formula is periodic; Loshchilov and Hutter 2017 (SGDR) for restarts.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.facts.optim import Schedules
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

PAST_END = 1.25  # calls over T_max; the rate is then back at 15 % of its peak
MOST_PERIODS = 3.0  # calls over T_max; further on, going round may be meant


@rule("WF311", "rate-rises-after-decay", severity="warning", since="0.1")
def rate_rises_after_decay(schedules: Schedules) -> Answers:
    """Judge each cosine without declared restarts."""
    if not schedules.all:
        yield Unseen("no learning-rate scheduler of torch.optim was made, or its rate is a tensor")
    for schedule in schedules.all:
        length = schedule.lengths.get("T_max", (0,))[-1]
        if schedule.kind != "CosineAnnealingLR" or not length or schedules.swings(schedule):
            continue
        if PAST_END <= schedule.advanced / length <= MOST_PERIODS:
            yield _find(schedule, length)


def _find(schedule: ScheduleSeen, length: int) -> Finding:
    calls = schedule.advanced
    return Finding(
        where=schedule.made_at,
        saw=f"CosineAnnealingLR(T_max={length}) was stepped {calls} times; the rate began at {schedule.start_rate:.3g},"
        f" was lowest at call {length}, and is {schedule.rate:.3g} now",
        why="past T_max this cosine climbs back, and what had settled is shaken up",
        fix=Fix(f"set T_max to the {calls} calls of scheduler.step() in the run", details={"calls": calls}),
        cure=None if schedule.made_at is None else Cure("lengthen_schedule", schedule.made_at, {"calls": calls}),
    )
