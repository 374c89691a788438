"""Probabilities reach binary_cross_entropy_with_logits, which applies the sigmoid itself.

## Why it hurts
A second sigmoid maps [0, 1] onto [0.5, 0.73]: the model can never answer "no", the loss of a negative sample cannot
fall below ln 2, and the gradient of a confident answer vanishes.

## How it is seen
The autograd graph is walked up from what reaches the loss, through views, indexing, joining, casts and dropout:
sigmoid or softmax made it. Behind a compiled model: values that fill [0, 1] and never leave it, in several sampled
steps.

## What it cannot see
A sigmoid whose result is scaled or shifted before the loss; a loss inside a compiled region.

## Fix
Hand the raw scores to `binary_cross_entropy_with_logits`; apply sigmoid only where probabilities are read.

## Sources
PyTorch documentation, `torch.nn.BCEWithLogitsLoss`: combines a sigmoid layer and the BCELoss in one single class.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossComputed
from wellfit.model.facts.loss import LossInputs
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

ACTIVATIONS = ("sigmoid", "softmax")
MIN_OPAQUE_CALLS = 4  # sampled calls that values alone must show it in: fresh scores may lie in [0, 1] for a while
FILLED = 0.1  # distance from either end within which values alone must come: scores near 0.5 are nobody's proof


@rule("WF104", "sigmoid-before-bce-with-logits", severity="error", since="0.1")
def sigmoid_before_bce_with_logits(losses: LossInputs) -> Answers:
    """Judge each line that calls binary_cross_entropy_with_logits."""
    groups = losses.of("binary_cross_entropy_with_logits")
    if not groups:
        yield Unseen("binary_cross_entropy_with_logits was not called with gradients on")
    for calls in groups.values():
        made = tuple(c for c in calls if c.producers and all(p.operation in ACTIVATIONS for p in c.producers))
        if made:
            yield _find(made)
        elif all(c.opaque for c in calls) and _fill_the_unit(calls):
            yield _find(calls)


def _fill_the_unit(calls: tuple[LossComputed, ...]) -> bool:
    low, high = min(c.input.minimum for c in calls), max(c.input.maximum for c in calls)
    return len(calls) >= MIN_OPAQUE_CALLS and 0 <= low < FILLED and 1 - FILLED < high <= 1


def _find(calls: tuple[LossComputed, ...]) -> Finding:
    made_at = next((p.place for c in calls for p in c.producers if p.place is not None), None)
    name = next((p.operation for c in calls for p in c.producers if p.operation in ACTIVATIONS), "sigmoid")
    made_by = "" if calls[0].opaque else f", made by {name}"
    low, high = min(c.input.minimum for c in calls), max(c.input.maximum for c in calls)
    loss_at = calls[0].place
    return Finding(
        where=made_at or loss_at,
        saw=f"every value that reached binary_cross_entropy_with_logits lies between {low:.3g} and {high:.3g}"
        f" ({len(calls)} sampled calls){made_by}",
        why="the loss applies sigmoid itself; a second one holds every probability between 0.5 and 0.73",
        fix=Fix(
            f"hand the raw scores to binary_cross_entropy_with_logits: take the {name} away",
            made_at,
            {"operation": name},
        ),
        related=() if made_at is None or loss_at is None else (Related(loss_at, "reaches the loss here"),),
        count=len(calls),
        first_step=calls[0].step,
        cure=None if made_at is None else Cure("skip_activation", made_at, {"function": name}),
    )
