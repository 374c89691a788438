"""The learning rate is far too low: all steps together hardly move the weights, and nothing is learned.

## Why it hurts
The run ends where it began. The loss is finite and the gradients are right, so nothing else tells.

## How it is seen
Three things together, for a program with one optimizer that came to its own end. How far a step moves the weights,
by its rate, was measured in the sampled steps; taken over the rates of all steps, the whole run moves them by less
than a hundredth of their size. The loss is as high in the last quarter as in the first. And where it was compared, it
never came below that of a model that gives one answer to everything. The gradients are of usual size, for where they
vanish it is not the rate that is too low. No threshold on the rate itself.

## What it cannot see
A rate that is too low and still learns a little; losses other than cross_entropy, mse_loss and
binary_cross_entropy_with_logits; programs with several optimizers; a run that was cut short, as by `--steps`; weights
that were loaded, which may be where they should be.

## Fix
Raise the rate by the power of ten that brings a step to a thousandth of the weights, or find one by a sweep.

## Sources
Karpathy 2019, "A recipe for training neural networks"; CS231n notes, "Ratio of weights:updates": about 1e-3.
"""

import math
from statistics import median

from wellfit.model.cure import Cure
from wellfit.model.events.optim import OptimizerSeen, Updated
from wellfit.model.facts.data import ConstantAnswers
from wellfit.model.facts.optim import LossCourse, OptimizersSeen, ParameterCoverage, Schedules, UpdateSizes
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

FEWEST_STEPS = 64  # losses; fewer are a trial of the program, not a training
FEWEST_UPDATES = 4  # measured steps
REACH = 0.01  # of the weights' size; trainings that learn move them by a tenth and more
LEARNED = 0.98  # loss of the last quarter over that of the first (medians); flat within the noise of batches
LATE_STEP = 16  # optimizer step from which on a model should beat the best constant answer
FEWEST_LOOKS = 2  # comparisons from there on
NO_BETTER = 0.95  # loss over that of the best constant answer
VANISHED = 1e-3  # gradient over weights, both as norms; a fresh network has a tenth and more
USUAL = 1e-3  # update over weights
MOST_POWERS = 6  # of ten, by which it is raised


@rule("WF310", "learning-rate-too-low", severity="warning", since="0.1")
def learning_rate_too_low(  # noqa: PLR0913, PLR0917 - what else would explain that nothing is learned
    course: LossCourse,
    updates: UpdateSizes,
    optimizers: OptimizersSeen,
    answers: ConstantAnswers,
    coverage: ParameterCoverage,
    schedules: Schedules,
) -> Answers:
    """Judge the only optimizer's whole course."""
    if len(optimizers.all) > 1:
        yield Unseen(f"{len(optimizers.all)} optimizers step, and their losses are not told apart")
    elif not schedules.finished:
        yield Unseen("the run was cut short, and what more steps would reach is not known")
    elif len(course.losses) < FEWEST_STEPS or len(updates.all) < FEWEST_UPDATES:
        yield Unseen(f"only {len(course.losses)} losses and {len(updates.all)} updates were seen")
    elif not any(module.loaded for module in coverage.modules) and _has_gradients(optimizers.all[0], updates.all):
        reach = _reach(course, updates.all)
        if reach is not None and reach < REACH and _is_flat(course.losses) and _learned_nothing(answers):
            yield _find(optimizers.all[0], updates.all, course, reach)


def _has_gradients(optimizer: OptimizerSeen, updates: tuple[Updated, ...]) -> bool:
    """Whether a usual rate would move the weights; an optimizer that rescales gradients does so whatever their size."""
    return optimizer.rescales or median(u.gradient / max(u.weight, 1e-30) for u in updates) >= VANISHED


def _reach(course: LossCourse, updates: tuple[Updated, ...]) -> float | None:
    """How far all steps together can have moved the weights, over their size; None where that is not known."""
    rates = dict(zip(course.steps, course.rates, strict=True))
    known = [(u, rates.get(u.step, 0.0)) for u in updates if u.weight > 0]
    per_rate = [u.update / u.weight / rate for u, rate in known if rate > 0]
    if len(per_rate) < FEWEST_UPDATES or not all(map(math.isfinite, per_rate)) or not max(per_rate):
        return None
    steps = [*course.steps, course.steps[-1] + 1]
    travelled = sum(rate * (steps[i + 1] - steps[i]) for i, rate in enumerate(course.rates))
    return max(per_rate) * travelled


def _is_flat(losses: tuple[float, ...]) -> bool:
    quarter = len(losses) // 4
    first, last = median(losses[:quarter]), median(losses[-quarter:])
    return math.isfinite(last) and first > 0 and last >= LEARNED * first


def _learned_nothing(answers: ConstantAnswers) -> bool:
    """At one line at least, and at none was it otherwise."""
    late = [[look for look in looks if look.step >= LATE_STEP] for looks in answers.losses]
    enough = [looks for looks in late if len(looks) >= FEWEST_LOOKS]
    return bool(enough) and all(look.loss >= NO_BETTER * look.constant for looks in enough for look in looks)


def _raise_by(updates: tuple[Updated, ...]) -> float:
    """The power of ten that brings the largest measured step to the usual size of one."""
    largest = max(u.update / u.weight for u in updates if u.weight > 0)
    powers = math.ceil(math.log10(USUAL / largest)) if largest > 0 else MOST_POWERS
    return float(f"1e{min(max(powers, 1), MOST_POWERS)}")


def _find(optimizer: OptimizerSeen, updates: tuple[Updated, ...], course: LossCourse, reach: float) -> Finding:
    rates = [g.rate for g in optimizer.groups if g.rate is not None]
    rate = f" at rate {rates[0]:.3g}" if rates else ""
    quarter = len(course.losses) // 4
    first, last = median(course.losses[:quarter]), median(course.losses[-quarter:])
    factor = _raise_by(updates)
    return Finding(
        where=optimizer.made_at or optimizer.stepped_at,
        saw=f"{optimizer.kind}{rate}: all {optimizer.steps} steps together move the weights by {reach:.2g} of their"
        f" size at the most ({len(updates)} steps measured); the loss was {first:.4g} in the first quarter and is"
        f" {last:.4g} in the last, where one answer to everything has no more",
        why="the run ends where it began",
        fix=Fix(
            f"raise the learning rate, by a factor of {factor:g} to begin with",
            details={"factor": factor, "rate": rates[0] if rates else None},
        ),
        cure=None if optimizer.made_at is None else Cure("set_rate", optimizer.made_at, {"factor": factor}),
    )
