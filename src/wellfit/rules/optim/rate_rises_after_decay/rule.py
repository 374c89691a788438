"""A cosine schedule is shorter than the run: past its end the learning rate climbs back.

## Why it hurts
The last part of a training is spent at a small rate so that the weights settle. Past its end a cosine goes up again,
to the full rate at twice its length: what had settled is shaken up, and the run may end in its midst.

## How it is seen
The scheduler's own counter stands against its `T_max`: it was stepped a quarter further, and no further than three
times as far. A cosine of transformers has gone past `num_training_steps`, and its rate has come back by a seventh of
its fall. The rates of a function that the program writes itself, or sets by hand, are looked at one by one: they fall
to a tenth or less, then climb, step for step the mirror image of their fall, to the end of the run. Restarts that are
declared, by CosineAnnealingWarmRestarts or CyclicLR, are another matter, so is a rate that jumps up, or rises more
than once, and so is a schedule that counts epochs and is stepped per batch (WF305).

## What it cannot see
A cosine that is run through again and again, which may be meant as restarts; functions of one's own in programs with
several optimizers.

## Fix
Set `T_max` to the number of times that `scheduler.step()` is called in the whole run.

## Sources
PyTorch documentation, `torch.optim.lr_scheduler.CosineAnnealingLR`: T_max is the maximum number of iterations, and the
formula is periodic; Loshchilov and Hutter 2017 (SGDR) for restarts.
"""

from bisect import bisect_left

from wellfit.model.cure import Cure
from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.facts.optim import LossCourse, OptimizersSeen, Schedules
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

PAST_END = 1.25  # calls over T_max; the rate is then back at 15 % of its peak
MOST_PERIODS = 3.0  # calls over T_max; further on, going round may be meant
BACK = 0.14  # share of the fall that a cosine has climbed by then
FALLEN = 0.1  # lowest over highest rate, at most, of a function whose meaning nobody tells
MIRROR = 0.03  # distance of the climb from the mirrored fall, as a share of the highest rate
NEAR = 0.999  # share of the highest rate that is at the peak
FEWEST_POINTS = 8  # rates seen in the climb

_FUNCTIONS = ("LambdaLR", "LRScheduler")
"""Kinds whose rates the program computes itself."""


@rule("WF311", "rate-rises-after-decay", severity="warning", since="0.1")
def rate_rises_after_decay(schedules: Schedules, course: LossCourse, optimizers: OptimizersSeen) -> Answers:
    """Judge each cosine without declared restarts; where none is known, the rates themselves."""
    if not schedules.all and len(set(course.rates)) <= 1:
        yield Unseen("no learning-rate scheduler of torch.optim was made, or its rate is a tensor")
    for schedule in schedules.all:
        length = schedule.lengths.get("T_max", (0,))[-1] or (schedule.says.cosine and schedule.says.length) or 0
        if not schedule.says.library and schedule.kind != "CosineAnnealingLR":
            continue
        if length and not schedules.swings(schedule) and _is_past(schedule, length):
            yield _find(schedule, length)
    if len(optimizers.all) == 1 and all(map(_is_own, (*schedules.all, *schedules.joined))):
        yield from _of_function(course, schedules, optimizers)


def _is_own(schedule: ScheduleSeen) -> bool:
    return schedule.kind in _FUNCTIONS and not (schedule.says.library or schedule.says.cyclic)


def _is_past(schedule: ScheduleSeen, length: int) -> bool:
    if not schedule.says.library:
        return PAST_END <= schedule.advanced / length <= MOST_PERIODS
    rates = schedule.rates
    climbed = schedule.rate - rates.lowest >= BACK * (rates.highest - rates.lowest) > 0
    return not schedule.says.cyclic and climbed and 1 < schedule.advanced / length <= MOST_PERIODS


def _find(schedule: ScheduleSeen, length: int) -> Finding:
    calls, says = schedule.advanced, schedule.says
    argument = says.argument if says.library else "T_max"
    title = says.title if says.library else f"CosineAnnealingLR(T_max={length})"
    return Finding(
        where=schedule.made_at,
        saw=f"{title} was stepped {calls} times; the rate began at {schedule.start_rate:.3g},"
        f" was lowest at call {length}, and is {schedule.rate:.3g} now",
        why=f"past {argument} this cosine climbs back, and what had settled is shaken up",
        fix=Fix(
            f"set {argument} to the {calls} calls of scheduler.step() in the run",
            details={"calls": calls, "argument": argument, "length": length},
        ),
        cure=None if schedule.made_at is None else Cure("lengthen_schedule", schedule.made_at, {"calls": calls}),
    )


def _of_function(course: LossCourse, schedules: Schedules, optimizers: OptimizersSeen) -> Answers:
    low = _mirrored_at(course)
    if low is None:
        return
    made = [s.made_at for s in schedules.all] or [optimizers.all[0].made_at]
    steps, rates = course.steps, course.rates
    yield Finding(
        where=made[0],
        saw=f"the rate fell from {max(rates):.3g} to {rates[low]:.3g} at step {steps[low]}, then climbed back as it had"
        f" come, to {rates[-1]:.3g} at step {steps[-1]}",
        why="past its end the schedule climbs back, and what had settled is shaken up",
        fix=Fix("hold the rate at the schedule's end, or make the schedule as long as the run"),
        first_step=steps[low],
    )


def _mirrored_at(course: LossCourse) -> int | None:
    """Where a rate that falls once is lowest, if it then climbs back as it fell, to the end; its first index."""
    rates, steps = course.rates, course.steps
    highest = max(rates)
    peak = next(i for i, rate in enumerate(rates) if rate >= NEAR * highest)
    low = min(range(peak, len(rates)), key=rates.__getitem__)
    climb = next((i for i in range(low, len(rates)) if rates[i] > rates[low]), len(rates))
    fall, rise = steps[low] - steps[peak], steps[peak] - steps[0]
    if len(rates) - climb < FEWEST_POINTS or rates[low] > FALLEN * highest or rise > fall / 2:
        return None
    back = rates[-1] - rates[low] >= BACK * (highest - rates[low])
    ends = steps[low] + steps[climb - 1]  # a rate that is set once an epoch is lowest for a while
    return low if back and all(_is_mirrored(course, i, ends, highest) for i in range(climb, len(rates))) else None


def _is_mirrored(course: LossCourse, index: int, ends: int, highest: float) -> bool:
    """Whether one point of the climb is as high as the fall was as many steps before the lowest rates."""
    mirrored = ends - course.steps[index]
    after = bisect_left(course.steps, mirrored)
    if mirrored < course.steps[0]:
        return False
    near = course.rates[max(0, after - 1) : after + 2]
    return min(near) - MIRROR * highest <= course.rates[index] <= max(near) + MIRROR * highest
