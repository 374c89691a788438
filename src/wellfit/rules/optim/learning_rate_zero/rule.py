"""The learning rate is zero on most steps, or before a schedule begins or after it has ended.

## Why it hurts
The optimizer steps and nothing moves.

## How it is seen
The rate of every parameter group is read at each step; it was exactly 0 on more than half of them, and the last
measured update was 0 too. A schedule that starts at 0 and waits for its first advance is not counted. A warning where a
schedule has left the rate at 0 for the end of the run, for more than a hundredth of its steps and more than two calls
of `scheduler.step()`. A note where it began at 0, as transformers' warmups do: the batches of these steps are lost.

## What it cannot see
Rates that torch keeps in a tensor, and optimizers that take no rate.

## Fix
Give the optimizer a positive rate, or make the schedule as long as the training. A warmup over n steps begins above 0
as (step + 1) / (n + 1).

## Sources
PyTorch documentation, `torch.optim`; transformers, `optimization.py`, whose warmups are step / n.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import OptimizerSeen, ScheduleSeen
from wellfit.model.facts.optim import OptimizersSeen, Schedules, UpdateSizes
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

SHARE = 0.5  # share of an optimizer's steps; one epoch of a warm-up from 0, or a decay's last steps, stay below
RATE = 1e-3  # to try in place of 0: what torch gives Adam and its kin
RATES = {"SGD": 0.1}  # the same for optimizers whose steps have the size of the gradient
FEWEST_STEPS = 10  # steps; a warm-up's first ones are often at 0


@rule("WF307", "learning-rate-zero", severity="error", since="0.1")
def learning_rate_zero(optimizers: OptimizersSeen, schedules: Schedules, updates: UpdateSizes) -> Answers:
    """Judge each optimizer."""
    for optimizer in optimizers.all:
        own = schedules.of(optimizer.optimizer)
        if any(schedules.runs_out(s) for s in own):
            continue  # schedule-in-wrong-unit tells that cause
        if optimizer.zero_rate_steps <= SHARE * optimizer.steps or _moves(optimizer, updates):
            yield from _at_the_ends(optimizer, schedules)
        elif optimizer.steps < FEWEST_STEPS or any(s.advanced <= 0 and s.start_rate == 0 for s in own):
            yield Unseen("the rate is 0 so far, and its schedule has hardly begun (a larger --steps)")
        else:
            yield _find(optimizer, schedules)


def _at_the_ends(optimizer: OptimizerSeen, schedules: Schedules) -> Answers:
    """What a schedule loses of a run in which most steps have a rate."""
    for schedule in schedules.alone:
        rates = schedule.rates
        if schedule.optimizer != optimizer.optimizer or schedule.says.cyclic or schedules.in_wrong_unit(schedule):
            continue
        if optimizer.zero_rate_steps < max(rates.zeros_at_first, rates.zeros_at_last):
            continue  # some other group had a rate
        if schedules.finished and schedules.runs_dry(schedule):
            yield _find_end(schedule)
        elif 0 < rates.zeros_at_first < schedule.all_steps:
            yield _find_start(schedule)


def _find_end(schedule: ScheduleSeen) -> Finding:
    zeros, steps, calls = schedule.rates.zeros_at_last, schedule.all_steps, schedule.advanced
    says, length = schedule.says, schedule.says.length
    lengthened = length is not None and length < calls and not schedule.members and schedule.made_at is not None
    return Finding(
        where=schedule.made_at,
        saw=f"{says.title or schedule.kind} got {calls} calls of step(); the learning rate was exactly 0 in the last"
        f" {zeros} of {steps} optimizer steps",
        why="nothing is learned there",
        fix=Fix(
            f"make the schedule as long as the training: {says.argument}={calls}"
            if says.argument
            else "make the schedule as long as the training",
            details={"scheduled": True, "calls": calls, "argument": says.argument, "length": length},
        ),
        count=zeros,
        severity="warning",
        first_step=steps - zeros,
        cure=Cure("lengthen_schedule", schedule.made_at, {"calls": calls}) if lengthened else None,
    )


def _find_start(schedule: ScheduleSeen) -> Finding:
    zeros = schedule.rates.zeros_at_first
    return Finding(
        where=schedule.made_at,
        saw=f"{schedule.says.title or schedule.kind}: the learning rate was exactly 0 in the first {zeros} of"
        f" {schedule.all_steps} optimizer steps",
        why="the batches of these steps are lost",
        fix=Fix("begin the warmup above 0: (step + 1) / (warmup + 1)", details={"scheduled": True}),
        count=zeros,
        severity="note",
        first_step=0,
    )


def _moves(optimizer: OptimizerSeen, updates: UpdateSizes) -> bool:
    measured = updates.of(optimizer.optimizer)
    return bool(measured) and measured[-1].update > 0


def _find(optimizer: OptimizerSeen, schedules: Schedules) -> Finding:
    acting = [s for s in schedules.of(optimizer.optimizer) if s.advanced > 0]
    schedule = acting[0] if acting else None
    ends = schedule is not None and optimizer.zero_rate_steps < optimizer.steps
    return Finding(
        where=(schedule.made_at if schedule is not None else None) or optimizer.made_at or optimizer.stepped_at,
        saw=f"the learning rate of {optimizer.kind} was 0 on {optimizer.zero_rate_steps} of {optimizer.steps} steps",
        why="a step with rate 0 changes nothing",
        fix=Fix(
            "make the schedule as long as the training" if ends else "give the optimizer a positive learning rate",
            details={"scheduled": schedule is not None},
        ),
        count=optimizer.zero_rate_steps,
        cure=_cure(optimizer, schedule),
    )


def _cure(optimizer: OptimizerSeen, schedule: ScheduleSeen | None) -> Cure | None:
    if schedule is not None:
        return Cure("replace_schedule", schedule.made_at, {"shape": "constant"})
    return (
        None
        if optimizer.made_at is None
        else Cure("set_rate", optimizer.made_at, {"rate": RATES.get(optimizer.kind, RATE)})
    )
