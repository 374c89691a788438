"""Training learns nothing from the inputs.

## Why it hurts
A run that does as well without its inputs has learned how often each answer comes, and nothing else. Either the inputs
do not reach the answers, or the targets belong to other samples.

## How it is seen
`--deep` runs the script in a copy of its folder as it is, with zeros as inputs, and with the samples of each batch in
another order, under equal seeds, so that all of them see the same targets. Losses that are equal to the last bit in
every step: the inputs are not used. Losses that a hundred steps and more leave apart by less than their noise and less
than one per cent, though the same run learns one batch by heart: inputs and targets do not belong together.

## What it cannot see
Samples that are mixed up once and for all: a large model learns them by heart. Runs of fewer than thirty steps, targets
that are computed from the inputs, losses that torch has no function for, and runs that a seed does not fix.

## Fix
Look at what reaches the model: a scale by whole numbers that leaves zeros, a layer that never sees the input. Draw
inputs and targets by one index.

## Sources
Karpathy 2019, "A Recipe for Training Neural Networks": input-independent baseline.
"""

from wellfit.model.events.deep import BlankCompared
from wellfit.model.facts.deep import Blankness
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_STEPS = 100  # steps that train before a gap of nothing says anything; a slow start takes some
MAX_GAIN = 0.01  # of the loss without inputs: the upper end of the interval
LEARNED = 0.25  # of the loss without inputs: below it, one batch counts as learned by heart
MOVED = 1e-3  # of the loss: below it, not even one batch is learned, and nothing can be said


@rule("WF003", "inputs-make-no-difference", severity="warning", since="0.1")
def inputs_make_no_difference(blankness: Blankness) -> Answers:
    """Judge how much the inputs are worth."""
    seen = blankness.compared
    start, end = seen.one_batch
    if abs(start - end) <= MOVED * abs(start):
        yield Unseen("the run does not even learn one batch, so that nothing follows from what it learns of its inputs")
    elif seen.equal == seen.steps:
        yield _found(seen, f"the loss of all {seen.steps} steps is the same to the last bit", "error")
    elif _is_worthless(seen):
        if seen.steps < MIN_STEPS or end > LEARNED * seen.zeroed:
            yield Unseen(f"in {seen.steps} steps the run learns too little to tell what its inputs are worth")
        else:
            apart = f"{seen.as_is:.4g} as it is, {seen.zeroed:.4g} without inputs, {seen.permuted:.4g} with others'"
            yield _found(seen, f"the last {seen.window} of {seen.steps} steps lose {apart}", "warning")


def _is_worthless(seen: BlankCompared) -> bool:
    most = MAX_GAIN * abs(seen.zeroed)
    return seen.gain_over_zeroed[2] <= most and seen.gain_over_permuted[2] <= most


def _found(seen: BlankCompared, what: str, severity: str) -> Finding:
    return Finding(
        where=seen.place,
        saw=f"with zeros in place of the inputs, and with the samples of each batch in another order, {what}",
        why="what is learned without inputs is how often each answer comes, and nothing else",
        fix=Fix("follow the inputs from the data to the loss, and draw inputs and targets by one index"),
        count=seen.steps,
        severity="error" if severity == "error" else None,
    )
