"""The learning rate is far too high: the first steps throw the weights about, and the loss never recovers.

## Why it hurts
Steps of the size of the weights themselves leave the region in which the gradient says anything; units die,
outputs grow without bound, and the model ends no better than it began.

## How it is seen
Two things together, for a program with one optimizer. In at least two sampled steps the update was large against
the weights. And the loss, before it had learned anything, rose to a multiple of its start (or became infinite or
NaN), and in the later half of the steps it never came clearly below its start. No threshold on the rate itself.

## What it cannot see
A rate that is too high and still learns; programs whose several optimizers share one loss course.

## Fix
Lower the rate; begin a factor of ten lower.

## Sources
LeCun et al. 1998, "Efficient BackProp", section 4.7; Smith 2017, "Cyclical learning rates", section 3.3.
"""

import math
from statistics import median

from wellfit.model.cure import Cure
from wellfit.model.events.optim import OptimizerSeen, Updated
from wellfit.model.facts.numerics import NonfiniteStart
from wellfit.model.facts.optim import LossCourse, OptimizersSeen, UpdateSizes
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

OVERSIZED = 0.3  # update over weights; healthy nets show 1e-3, tiny ones under Adam up to 9e-2
FEWEST_OVERSIZED = 2  # sampled steps; one may be an accident of the batch
STEPS_FROM_ZERO = 4  # steps after which weights that began at zero have a size to compare with
ROSE = 2.0  # peak of the loss over its start
ROSE_FAR = 10.0  # the same, where the run is too short to see a recovery
LEARNED = 0.5  # loss over its start, before the peak; what has learned so far and then breaks has another cause
NO_BETTER = 0.9  # later loss over its start; a loss that learns falls below within the first half
FEWEST_STEPS = 16  # losses
USUAL = 0.1  # update over weights that the lowered rate stays below
MOST_POWERS = 4  # of ten, by which it is lowered
ENOUGH_STEPS = 50  # losses, after which a slow recovery would show


@rule("WF309", "learning-rate-too-high", severity="error", since="0.1")
def learning_rate_too_high(
    course: LossCourse, updates: UpdateSizes, optimizers: OptimizersSeen, start: NonfiniteStart
) -> Answers:
    """Judge the only optimizer's course; a loss that one operation or the data broke is not the rate's fault."""
    if start.cause in ("input", "operation", "gradient"):
        return
    if len(optimizers.all) > 1:
        yield Unseen(f"{len(optimizers.all)} optimizers step, and their losses are not told apart")
        return
    if len(course.losses) < FEWEST_STEPS:
        yield Unseen(f"only {len(course.losses)} losses were seen; {FEWEST_STEPS} are needed (a larger --steps)")
        return
    oversized = [u for u in _beyond_start(updates.all) if _ratio(u) >= OVERSIZED]
    ill = _describe_course(course.losses)
    if len(oversized) >= FEWEST_OVERSIZED and ill is not None:
        yield _find(optimizers.all[0], oversized, ill)


def _beyond_start(updates: tuple[Updated, ...]) -> tuple[Updated, ...]:
    """All but the first steps of weights that began at zero: equal steps are then 1, 1/2, 1/3 ... of the weights."""
    if updates and updates[0].number == 0 and updates[0].weight == 0:
        return tuple(u for u in updates if u.number >= STEPS_FROM_ZERO)
    return updates


def _ratio(update: Updated) -> float:
    """Update over weights, the larger of before and after: from zero weights to any is 1, not infinite."""
    if not math.isfinite(update.after) or not math.isfinite(update.update):
        return math.inf
    return update.update / max(update.weight, update.after, 1e-30)


def _describe_course(losses: tuple[float, ...]) -> str | None:
    """What is wrong with the course, or None; a loss that can fall below 0 has no scale for a rise."""
    start, peak = losses[0], max(losses)
    lost = next((i for i, v in enumerate(losses) if not math.isfinite(v)), None)
    until = losses.index(peak) if lost is None else lost
    if not start > 0 or any(v <= 0 for v in losses) or min(losses[:until], default=0.0) < LEARNED * start:
        return None
    if lost is not None:
        return f"the loss started at {start:.4g} and was {losses[lost]} at the {lost + 1}th value seen"
    later = median(losses[len(losses) // 2 :])
    needed = ROSE if len(losses) >= ENOUGH_STEPS else ROSE_FAR
    if peak < needed * start or later < NO_BETTER * start:
        return None
    return f"the loss started at {start:.4g}, rose to {peak:.4g}, and lay at {later:.4g} in the later half (median)"


def _lower_by(first: Updated) -> float:
    """The power of ten that brings the first oversized update to the usual size of one."""
    ratio = first.update / first.weight if first.weight > 0 else math.inf
    powers = math.ceil(math.log10(ratio / USUAL)) if math.isfinite(ratio) else MOST_POWERS
    return float(f"1e-{min(max(powers, 1), MOST_POWERS)}")


def _find(optimizer: OptimizerSeen, oversized: list[Updated], ill: str) -> Finding:
    rates = [g.rate for g in optimizer.groups if g.rate is not None]
    rate = f" at rate {rates[0]:.3g}" if rates else ""
    sizes = ", ".join(f"{_ratio(u):.2g}" for u in oversized[:4])
    factor = _lower_by(oversized[0])
    return Finding(
        where=optimizer.made_at or optimizer.stepped_at,
        saw=f"{optimizer.kind}{rate}: {ill}; updates were {sizes} times the weights in {len(oversized)} sampled steps",
        why="steps as large as the weights leave the region in which the gradient holds",
        fix=Fix(
            f"lower the learning rate, by a factor of {round(1 / factor)} to begin with",
            details={"factor": factor, "rate": rates[0] if rates else None},
        ),
        count=len(oversized),
        first_step=oversized[0].step,
        cure=None if optimizer.made_at is None else Cure("set_rate", optimizer.made_at, {"factor": factor}),
    )
