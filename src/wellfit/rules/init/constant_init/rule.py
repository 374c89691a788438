"""All units of a layer start equal and stay equal.

## Why it hurts
Units with the same weights compute the same value and receive the same gradient, so they move together for ever:
a layer of any width does the work of one unit.

## How it is seen
Before the first step the weights that the loss reaches are looked at: are all rows (output units) equal? Those are
followed. They are found where the rows of the gradients are equal in several sampled steps, and the weight moves in
one piece; or where every weight of the model started with equal rows and no gradient ever moved one of them.

## What it cannot see
Units that are equal up to a permutation of their inputs; layers without gradients in the first sampled steps; a
model that was trained before wellfit watched.

## Fix
Draw weights at random, by `nn.init.kaiming_uniform_` or torch's own default; constants belong into biases.

## Sources
Goodfellow, Bengio, Courville 2016, "Deep Learning", section 8.4: initial parameters need to break symmetry.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.init import ConstantRows
from wellfit.model.facts.init import WeightRows
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_LOOKS = 5  # sampled steps from the start, so 9 steps; a zero-initialized last layer parts within the first few
MAX_SPREAD = 0.1  # difference between rows, as a share of the way they moved: Adam makes steps of rounding errors
SHOWN = 3  # names in a message


@rule("WF501", "constant-init", severity="error", since="0.1")
def constant_init(rows: WeightRows) -> Answers:
    """Judge the weights that started with equal rows."""
    last = rows.last
    together = [w for w in last.constant if w.agreeing >= MIN_LOOKS and _is_together(w)]
    if together:
        yield _find(together, f"moved by {max(w.moved for w in together):.2g} in one piece")
        return
    waiting = [w for w in last.constant if w.looks < MIN_LOOKS]
    still = [w for w in last.constant if w.looks >= MIN_LOOKS and w.moved == 0 and w.moving == 0]
    if still and last.count == last.weights > 1 and len(still) == len(last.constant):
        yield _find(still, "never moved: no gradient gets through")
    elif waiting:
        yield Unseen(f"{waiting[0].name} starts with equal rows, but too few sampled steps followed")


def _is_together(weight: ConstantRows) -> bool:
    return weight.moved > 0 and weight.spread <= MAX_SPREAD * weight.moved


def _find(weights: list[ConstantRows], course: str) -> Finding:
    first = next((w for w in weights if w.place is not None), weights[0])
    names = ", ".join(w.name for w in weights[:SHOWN]) + (" and more" if len(weights) > SHOWN else "")
    start = "equal rows" if first.value is None else f"the value {first.value:.7g} everywhere"
    looks = min(w.looks for w in weights)
    return Finding(
        where=first.place,
        saw=f"{names} started with {start} and, over {looks} sampled steps, {course};"
        f" its {first.shape[0]} rows are still one",
        why="units with equal weights get equal gradients, so the layer does the work of a single unit",
        fix=Fix("draw the weights at random, as torch's layers do by themselves"),
        count=looks,
        first_step=0,
        cure=Cure("redraw_weights", None, {"names": [w.name for w in weights]}),
    )
