"""A ChainedScheduler multiplies the warmup by the decay, and the learning rate never reaches its peak.

## Why it hurts
The members of a chain all act from the first step on. The decay has eaten a part of the rate when the warmup ends: a
cosine half of it where the warmup takes half of the run.

## How it is seen
A chain that has a rising member is stepped, the rate has risen and is falling again, and the highest rate of any
optimizer step was under nine tenths of the rate that was asked for. A warmup that is short beside the decay loses less
than that and is left alone.

## What it cannot see
Chains that multiply rates of other classes than LinearLR and transformers' warmups, and two schedulers that are stepped
one after the other without a chain.

## Fix
`SequentialLR(optimizer, [warmup, decay], milestones=[n])`, with n the warmup's length, and the decay shorter by n.

## Sources
PyTorch documentation, `torch.optim.lr_scheduler.ChainedScheduler` and `SequentialLR`.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.facts.optim import Schedules
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

REACHED = 0.9  # share of the rate asked for that counts as reached
FALLING = 0.99  # last rate over the highest, below which the peak is past


@rule("WF314", "warmup-multiplied-by-decay", severity="warning", since="0.1")
def warmup_multiplied_by_decay(schedules: Schedules) -> Answers:
    """Judge each chain that sets its optimizer's rate alone."""
    if not schedules.all:
        yield Unseen("no learning-rate scheduler of torch.optim was made, or its rate is a tensor")
    elif not schedules.alone:
        yield Unseen("no learning-rate scheduler sets a rate with no other, from the start of the run")
    for schedule in schedules.alone:
        peak, rates = schedule.says.peak, schedule.rates
        if not schedule.says.chained or schedule.says.cyclic or not peak or rates.highest >= REACHED * peak:
            continue
        if schedule.rate < FALLING * rates.highest:
            yield _find(schedule, peak, schedules)


def _find(schedule: ScheduleSeen, peak: float, schedules: Schedules) -> Finding:
    highest = schedule.rates.highest
    warmup = _warmup(schedule, schedules)
    return Finding(
        where=schedule.made_at,
        saw=f"{schedule.says.title}: the highest rate was {highest:.3g}, {highest / peak:.2f} of the {peak:.3g} asked"
        f" for, at optimizer step {schedule.rates.highest_at} of {schedule.all_steps}",
        why="a chain multiplies its members, so the decay runs during the warmup already",
        fix=Fix("join the two by a SequentialLR, and shorten the decay by the warmup", details={"warmup": warmup}),
        first_step=schedule.rates.highest_at,
        cure=None
        if schedule.made_at is None or not warmup
        else Cure("sequence_schedules", schedule.made_at, {"warmup": warmup}),
    )


def _warmup(schedule: ScheduleSeen, schedules: Schedules) -> int:
    """Calls of a linear warmup that is the first of two members, else 0."""
    members = [s for number in schedule.members for s in schedules.all if s.schedule == number]
    first = members[0] if len(members) == len(schedule.members) == 2 else None  # noqa: PLR2004 - a warmup and a decay
    return first.lengths.get("total_iters", (0,))[-1] if first is not None and first.kind == "LinearLR" else 0
