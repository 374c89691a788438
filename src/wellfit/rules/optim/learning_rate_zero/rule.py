"""The learning rate is zero on most steps.

## Why it hurts
The optimizer steps and nothing moves.

## How it is seen
The rate of every parameter group is read at each step; it was exactly 0 on more than half of them, and the last
measured update was 0 too. A schedule that starts at 0 and waits for its first advance is not counted.

## What it cannot see
Rates that torch keeps in a tensor, and optimizers that take no rate.

## Fix
Give the optimizer a positive rate, or make the schedule as long as the training.

## Sources
PyTorch documentation, `torch.optim`.
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
        if optimizer.zero_rate_steps <= SHARE * optimizer.steps or _moves(optimizer, updates):
            continue
        own = schedules.of(optimizer.optimizer)
        if any(schedules.runs_out(s) for s in own):
            continue  # schedule-in-wrong-unit tells that cause
        if optimizer.steps < FEWEST_STEPS or any(s.advanced <= 0 and s.start_rate == 0 for s in own):
            yield Unseen("the rate is 0 so far, and its schedule has hardly begun (a larger --steps)")
            continue
        yield _find(optimizer, schedules)


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
