"""Training makes the answers worse: the loss has the wrong sign.

## Why it hurts
The optimizer does what it is told, and unlearns. The loss that is printed falls all the while, below zero and on.

## How it is seen
`--deep` runs the script in a copy of its folder with the first batch in every step. What the model answers is held
against the targets by the proper loss, whatever the script makes of it: negative log-likelihood, or squared error. It
rises in nearly every step while the script's own loss falls.

## What it cannot see
Losses that are written out by hand, and those that are added up from several; models that several optimizers train,
where one may push up what the other pulls down on purpose.

## Fix
Take the minus sign away.

## Sources
Stanford CS231n, "Sanity checks": the loss on a small subset must go to zero.
"""

from wellfit.model.facts.deep import OneBatch
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule


@rule("WF002", "loss-pushed-upwards", severity="error", since="0.1")
def loss_pushed_upwards(batch: OneBatch) -> Answers:
    """Judge a proper loss that rises where the script's own falls."""
    first, course, trained = batch.trained.first, batch.course, batch.trained
    if first is None or not trained.proper:
        yield Unseen("no loss function of torch holds what the model answers against targets in each step")
    elif first.lines > 1 or first.optimizers > 1:
        yield Unseen("several losses or optimizers take part, and one may push up what another pulls down")
    elif course.rises_against_own:
        yield Finding(
            where=first.place,
            saw=f"with the same batch in each of {trained.steps[-1] + 1} steps the answers got worse, from"
            f" {course.start:.3g} to {course.end:.3g}, while the script's own loss fell from {trained.losses[0]:.3g}"
            f" to {trained.losses[-1]:.3g}",
            why="the optimizer minimizes a loss that is less the worse the answers are",
            fix=Fix("take the minus sign before the loss away"),
        )
