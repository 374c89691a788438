"""The inputs are not scaled, and the first losses show it.

## Why it hurts
Features of large size drive the first layer's outputs and gradients: the loss starts far above that of a constant
answer, the first steps are spent on getting back, and features of small size hardly count.

## How it is seen
The root mean square of each feature is measured on the batches that a model is called with, and the first losses
are compared with that of a model that answers zero (ln K for cross_entropy of K classes, the mean squared target for
mse_loss). Both must stand out: large features, and a loss several times too high, or one that stays above the best
constant answer. A model whose first layer normalizes or looks up is left out.

## What it cannot see
Models of plain tensors without a module; losses other than cross_entropy, mse_loss and
binary_cross_entropy_with_logits; large inputs that a model
brings down before its loss, which then does little harm.

## Fix
Subtract each feature's mean and divide by its standard deviation, both taken from the training rows only.

## Sources
LeCun, Bottou, Orr, Mueller 1998, "Efficient BackProp", section 4.3.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.data import InputsMeasured, LossCompared
from wellfit.model.facts.data import InputScales
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_BATCHES = 2  # batches; one may be special
LARGE = 30.0  # root mean square of a feature; standardized ones have 1, image values up to 16 still train
FIRST_LOOKS = 3  # sampled steps 0, 1, 2: the loss as the inputs first make it, before training hides it
MIN_FIRST_RATIO = 3.0  # first loss over that of answering zero; a fresh model on scaled inputs has about 1
LATE_STEP = 16  # optimizer step from which on a model should beat the best constant answer
MIN_LATE_LOOKS = 3  # sampled steps from there on


@rule("WF601", "unscaled-inputs", severity="warning", since="0.1")
def unscaled_inputs(scales: InputScales) -> Answers:
    """Judge each line that calls a model."""
    for batches in scales.roots:
        if len(batches) < MIN_BATCHES:
            yield Unseen("only one batch was seen")
        elif all(b.largest_scale >= LARGE and not b.normalizes for b in batches):
            effect = next((e for e in map(_effect, scales.losses) if e is not None), None)
            if effect is not None:
                yield _find(batches, effect)


def _effect(looks: tuple[LossCompared, ...]) -> str | None:
    first = max(looks[:FIRST_LOOKS], key=lambda look: look.loss)
    if first.loss >= MIN_FIRST_RATIO * max(first.zero, first.constant):
        return f"the loss is {first.loss:.4g} at step {first.step}, where answering zero has {first.zero:.4g}"
    late = [look for look in looks if look.step >= LATE_STEP]
    if len(late) >= MIN_LATE_LOOKS and all(look.loss >= look.constant for look in late):
        return (
            f"the loss is {late[-1].loss:.4g} at step {late[-1].step}, above the {late[-1].constant:.4g}"
            " of the best constant answer"
        )
    return None


def _find(batches: tuple[InputsMeasured, ...], effect: str) -> Finding:
    low, high = min(b.smallest_scale for b in batches), max(b.largest_scale for b in batches)
    features = batches[0].features
    sizes = f"are {high:.3g} in size" if features == 1 else f"run from {low:.3g} to {high:.3g} in size"
    return Finding(
        where=batches[0].place,
        saw=f"the {features} input features of {batches[0].root} {sizes} (root mean square, {len(batches)} batches);"
        f" {effect}",
        why="the largest features drive outputs and gradients, and the first steps go into undoing that",
        fix=Fix(
            "standardize each feature by its mean and its deviation over the training rows",
            details={"features": features},
        ),
        count=len(batches),
        first_step=batches[0].step,
        cure=None if batches[0].place is None else Cure("scale_inputs", batches[0].place),
    )
