"""Raw scores reach binary_cross_entropy, which expects probabilities.

## Why it hurts
The logarithm of a score outside [0, 1] does not exist: torch stops the program on a CPU, and a GPU fails later, with
an assertion that names another line. Scores that were cut off at 0 and 1 run, but have no gradient where they were
cut, and a loss of 100 for each that is wrong.

## How it is seen
Values outside [0, 1] reach `binary_cross_entropy`; or a clamp does, right behind a linear layer or a convolution.

## What it cannot see
Raw scores that stay within [0, 1] by themselves; a loss inside a compiled region.

## Fix
Call `binary_cross_entropy_with_logits` on the raw scores, or apply sigmoid before `binary_cross_entropy`.

## Sources
PyTorch documentation, `torch.nn.BCELoss`: the input is probabilities; log values are clamped at -100.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossComputed
from wellfit.model.facts.loss import LossInputs
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

LOSS = "binary_cross_entropy"
MIN_CLAMPED_CALLS = 2  # sampled calls; one clamped batch may be a guard that never acts
ROUNDING = 1e-6  # how far a product of probabilities may stray outside [0, 1]


@rule("WF105", "logits-to-bce", severity="error", since="0.1")
def logits_to_bce(losses: LossInputs) -> Answers:
    """Judge each line that calls binary_cross_entropy."""
    groups = losses.of(LOSS)
    if not groups:
        yield Unseen("binary_cross_entropy was not called with gradients on")
    for calls in groups.values():
        outside = tuple(c for c in calls if _is_outside(c))
        clamped = tuple(c for c in calls if _is_clamped(c))
        if outside:
            yield _find_outside(outside)
        elif len(clamped) >= MIN_CLAMPED_CALLS:
            yield _find_clamped(clamped)


def _is_outside(call: LossComputed) -> bool:
    return not call.input.nonfinite and (call.input.minimum < -ROUNDING or call.input.maximum > 1 + ROUNDING)


def _is_clamped(call: LossComputed) -> bool:
    return bool(call.producers) and all(p.operation == "clamp" and p.behind == "linear" for p in call.producers)


def _find_outside(calls: tuple[LossComputed, ...]) -> Finding:
    low, high = min(c.input.minimum for c in calls), max(c.input.maximum for c in calls)
    return Finding(
        where=calls[0].place,
        saw=f"values between {low:.3g} and {high:.3g} reached binary_cross_entropy ({len(calls)} sampled calls)",
        why="the logarithm that it takes exists between 0 and 1 only",
        fix=Fix(
            "call binary_cross_entropy_with_logits on the raw scores, or apply sigmoid to them first",
            details={"given": "scores"},
        ),
        count=len(calls),
        first_step=calls[0].step,
        cure=None if calls[0].place is None else Cure("apply_sigmoid", calls[0].place, {"function": LOSS}),
    )


def _find_clamped(calls: tuple[LossComputed, ...]) -> Finding:
    made_at = next((p.place for c in calls for p in c.producers if p.place is not None), None)
    ends = sum(c.input.at_ends for c in calls) / len(calls)
    loss_at = calls[0].place
    return Finding(
        where=made_at or loss_at,
        saw=f"raw scores of a linear layer reached binary_cross_entropy through a clamp ({len(calls)} sampled calls);"
        f" {ends:.0%} of the values stand at exactly 0 or 1",
        why="where the clamp cuts, no gradient flows: what is wrong there stays wrong",
        fix=Fix("apply sigmoid in place of the clamp", made_at, {"given": "clamped"}),
        related=() if made_at is None or loss_at is None else (Related(loss_at, "reaches the loss here"),),
        count=len(calls),
        first_step=calls[0].step,
        cure=None if made_at is None else Cure("apply_sigmoid", made_at, {"function": "clamp"}),
    )
