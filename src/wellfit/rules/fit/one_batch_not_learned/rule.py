"""The model cannot learn even one batch by heart.

## Why it hurts
A network that is to learn a data set can learn one batch of it by heart in no time. Where it cannot, something stands
between the parameters and the loss, and more data, more epochs or more layers will not move it.

## How it is seen
`--deep` runs the script in a copy of its folder with the first batch in every step, and reads the shape of the curve.
A loss that stays where answers within fixed bounds must stay names the bounds: with K classes, scores within [0, 1] as
of a softmax or a sigmoid end at ln(1 + (K-1)/e), 1.461 for ten; scores within [-1, 1] as of tanh at
ln(1 + (K-1)/e^2), 0.797. A loss that leaves all bounds, or goes up in nearly every step, points to the step size or
to the sign. Any other curve that stays or jumps above the least that its targets allow (their entropy, where they are
soft or smoothed) is a note: strong regularization does that on purpose.

## What it cannot see
A batch that is learned is no clean bill: gradients that pile up, leaks and wrong labels pass. Runs of fewer than twenty
steps, curves that still fall when the run ends, losses that are added up from several, and models that several
optimizers train.

## Fix
Hand the loss raw scores without bounds; lower the learning rate where the loss explodes or jumps.

## Sources
Karpathy 2019, "A Recipe for Training Neural Networks": overfit one batch. Stanford CS231n, "Sanity checks".
"""

import math

from wellfit.model.events.deep import FirstLoss
from wellfit.model.facts.deep import Course, OneBatch
from wellfit.model.rule import Answers, Finding, Fix, Severity, Unseen, rule

BOUNDS = {"[0, 1], as softmax and sigmoid give them,": 1.0, "[-1, 1], as tanh gives them,": 2.0}
NEAR = 0.01  # how close to a fingerprint a loss must stay, relatively; steps of one batch differ by less
FEWEST_AT_END = 3  # points that must all lie there
END_SHARE = 10  # of the curve
CLASS_LOSSES = ("cross_entropy", "nll_loss")


@rule("WF001", "one-batch-not-learned", severity="warning", since="0.1")
def one_batch_not_learned(batch: OneBatch) -> Answers:
    """Judge the shape of the curve."""
    first, course = batch.trained.first, batch.course
    if first is None or not batch.trained.proper:
        yield Unseen("no loss function of torch holds what the model answers against targets in each step")
        return
    if first.lines > 1 or first.optimizers > 1:
        yield Unseen("several losses or optimizers take part, and the curve of one says nothing of the others")
        return
    bounds = _bounds(first, batch.trained.losses)
    if bounds is not None:
        yield _found(batch, f"it stays where scores within {bounds} end", "hand the loss scores without bounds", None)
    elif course.shape in _SAID and not course.rises_against_own:
        yield _found(batch, *_SAID[course.shape])
    elif course.shape == "falling":
        yield Unseen(f"the loss on one batch still falls, from {course.start:.3g} to {course.end:.3g}, as the run ends")


_RATE = "lower the learning rate"
_SAID: dict[str, tuple[str, str, Severity | None]] = {
    "explodes": ("it leaves all bounds", _RATE, None),
    "rises": ("it rises in nearly every step", "minimize the loss, not maximize it, and lower the learning rate", None),
    "swings": ("it jumps up and down", _RATE, "note"),
    "flat": ("it stays there", "train without regularization until one batch is learned", "note"),
}


def _bounds(first: FirstLoss, losses: tuple[float, ...]) -> str | None:
    """Which bounds of the scores a loss has settled at."""
    if first.function not in CLASS_LOSSES or first.classes is None or first.floor > 0:
        return None
    end = losses[-max(FEWEST_AT_END, len(losses) // END_SHARE) :]
    for bounds, span in BOUNDS.items():
        floor = math.log1p((first.classes - 1) * math.exp(-span))
        if all(abs(loss - floor) <= NEAR * floor for loss in end):
            return bounds
    return None


def _found(batch: OneBatch, course: str, fix: str, severity: Severity | None) -> Finding:
    first = batch.trained.first
    return Finding(
        where=None if first is None else first.place,
        saw=f"with the same batch in each of {batch.trained.steps[-1] + 1} steps the loss goes from"
        f" {batch.trained.losses[0]:.3g} to {batch.trained.losses[-1]:.4g}: {course}{_least(batch.course)}",
        why="what cannot learn one batch by heart will not learn a data set",
        fix=Fix(fix),
        severity=severity,
    )


def _least(course: Course) -> str:
    return "" if course.floor is None else f"; the targets allow {course.floor:.2g}"
