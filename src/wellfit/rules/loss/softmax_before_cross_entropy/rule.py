"""Probabilities reach cross_entropy, which expects raw scores.

## Why it hurts
`cross_entropy` applies log-softmax itself. A softmax before it squeezes the scores into [0, 1]: with K classes
the loss cannot fall below ln(1 + (K-1)/e), and the gradient shrinks with every step towards a confident answer.

## How it is seen
Every row that reaches `cross_entropy` lies in [0, 1] and sums to 1, in each sampled step, while gradients flow.
The softmax itself is found by walking the autograd graph up from the loss, through views, indexing, casts and
dropout, and is named by the line that called it.

## What it cannot see
A loss that is written out by hand, or one that runs inside a compiled region.

## Fix
Hand the raw scores of the last layer to `cross_entropy`; apply softmax only where probabilities are read.

## Sources
PyTorch documentation, `torch.nn.CrossEntropyLoss`: the input is expected to contain the unnormalized logits.
"""

import math

from wellfit.model.events.loss import LossComputed
from wellfit.model.facts.loss import LossInputs
from wellfit.model.place import Place, Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_ROWS = 8  # rows; fewer may lie in [0, 1] and sum to 1 by accident
MIN_CALLS = 2  # sampled steps; one look may be at a special batch


@rule("WF101", "softmax-before-cross-entropy", severity="error", since="0.1")
def softmax_before_cross_entropy(losses: LossInputs) -> Answers:
    """Judge each line that calls cross_entropy."""
    groups = losses.of("cross_entropy")
    if not groups:
        yield Unseen("cross_entropy was not called")
    for calls in groups.values():
        rows = sum(c.input.rows for c in calls)
        if not all(c.input.unit_rows == c.input.rows for c in calls):
            continue
        if rows < MIN_ROWS or (len(calls) < MIN_CALLS and not _softmaxes(calls)):
            yield Unseen(f"only {rows} rows reached cross_entropy")
            continue
        yield _find(calls, rows)


def _softmaxes(calls: tuple[LossComputed, ...]) -> list[Place | None]:
    return [p.place for c in calls for p in c.producers if p.operation in ("softmax", "sigmoid")]


def _find(calls: tuple[LossComputed, ...], rows: int) -> Finding:
    made_at = next((place for place in _softmaxes(calls) if place is not None), None)
    classes = calls[0].input.shape[1] if len(calls[0].input.shape) > 1 else calls[0].input.shape[0]
    floor = math.log(1 + (classes - 1) / math.e)
    by = ", made by softmax" if _softmaxes(calls) else ""
    loss_at = calls[0].place
    return Finding(
        where=made_at or loss_at,
        saw=f"every row that reached cross_entropy lies in [0, 1] and sums to 1 ({rows} of {rows} rows,"
        f" {len(calls)} sampled calls){by}",
        why=f"cross_entropy applies log-softmax itself; a second softmax holds the loss above {floor:.3f}"
        f" for {classes} classes and shrinks the gradient",
        fix=Fix("hand the raw scores to cross_entropy: take the softmax away", made_at),
        related=() if made_at is None or loss_at is None else (Related(loss_at, "reaches cross_entropy here"),),
        count=len(calls),
    )
