"""The first steps run at the full learning rate, and the warmup comes after them.

## Why it hurts
A warmup is there so that the first steps, whose gradients are large and whose second moments are not known yet, are
small. Where its first rate is set only after the first step, that step is taken at the peak, and may undo pretrained
weights at once.

## How it is seen
In a program with one optimizer the rate of the very first steps is several times that of the next ones; from there it
rises without a fall, through at least as many steps twice over, to half of the first rate or more, and not past it.

## What it cannot see
Runs that end before the warmup has come half of its way; programs with several optimizers.

## Fix
Set the warmup's first rate before the first `optimizer.step()`.

## Sources
timm issue 2125: a warmup that is applied in `step_update` alone leaves the first batch at the full rate.
"""

from wellfit.model.events.optim import OptimizerSeen
from wellfit.model.facts.optim import LossCourse, OptimizersSeen
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

FAR_ABOVE = 3.0  # first rate over the next; a step of a decay is smaller, or never undone
COMES_BACK = 0.5  # share of the first rate that the rise reaches
NOT_PAST = 1.01  # the same; a rise past the first rate is a schedule of its own
FEWEST_RISES = 4  # steps at which the rate rises
SHARE = 0.5  # steps at the full rate over those of the rise, at most


@rule("WF317", "full-rate-before-warmup", severity="warning", since="0.1")
def full_rate_before_warmup(course: LossCourse, optimizers: OptimizersSeen) -> Answers:
    """Judge the only optimizer's rates."""
    if len(optimizers.all) > 1:
        yield Unseen(f"{len(optimizers.all)} optimizers step, and their rates are not told apart")
        return
    rates = course.rates
    first = next((i for i, rate in enumerate(rates) if rate != rates[0]), 0)
    if not first or rates[0] < FAR_ABOVE * rates[first]:
        return
    last = _end_of_rise(rates, first)
    rises = sum(rates[i] < rates[i + 1] for i in range(first, last))
    returns = COMES_BACK <= rates[last] / rates[0] <= NOT_PAST
    long_enough = course.steps[first] - course.steps[0] <= SHARE * (course.steps[last] - course.steps[first])
    if returns and rises >= FEWEST_RISES and long_enough:
        yield _find(optimizers.all[0], course, first, last)


def _end_of_rise(rates: tuple[float, ...], start: int) -> int:
    """Where the rate falls again, or the run ends."""
    return next((i for i in range(start, len(rates) - 1) if rates[i + 1] < rates[i]), len(rates) - 1)


def _find(optimizer: OptimizerSeen, course: LossCourse, first: int, last: int) -> Finding:
    steps, rates = course.steps, course.rates
    count = steps[first] - steps[0]
    return Finding(
        where=optimizer.stepped_at or optimizer.made_at,
        saw=f"the first {'step' if count == 1 else f'{count} steps'} ran at rate {rates[0]:.3g}, the next at"
        f" {rates[first]:.3g}, which then rose to {rates[last]:.3g} within {steps[last] - steps[first]} steps",
        why="the warmup is there for the first steps, and begins after them",
        fix=Fix("set the warmup's first rate before the first optimizer.step()"),
        count=count,
        first_step=steps[0],
    )
