"""Probabilities reach cross_entropy, which expects raw scores.

## Why it hurts
`cross_entropy` applies log-softmax itself. A softmax or sigmoid before it squeezes the scores into [0, 1]: with K
classes the loss cannot fall below ln(1 + (K-1)/e), and the gradient shrinks with every step towards a confident
answer.

## How it is seen
The autograd graph is walked up from what reaches `cross_entropy`, through views, indexing, joining, casts and
dropout: softmax or sigmoid made it. Or, where the graph is opaque (a compiled model, a softmax written out by hand):
every row that reaches the loss lies in [0, 1] and sums to 1, in each sampled step. The line is the one that called
the activation; where only values were seen, the one that made them, else the one that called the loss. A softmax that a
container called is named by the line that made its module. Outside `cross_entropy`, in a loss that is written out
by hand or in `nll_loss` and `kl_div`: a log-softmax on the way to the loss that is handed a softmax's result.

## What it cannot see
A loss inside a compiled region; a softmax whose result is scaled or added to before the loss.

## Fix
Hand the raw scores of the last layer to `cross_entropy`; apply softmax only where probabilities are read.

## Sources
PyTorch documentation, `torch.nn.CrossEntropyLoss`: the input is expected to contain the unnormalized logits.
"""

import math

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossComputed, Producer, SoftmaxRepeated
from wellfit.model.facts.loss import LossInputs
from wellfit.model.place import Place, Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_ROWS = 8  # rows; fewer may lie in [0, 1] and sum to 1 by accident
MIN_CALLS = 2  # sampled calls that show it by values alone; one may have had a special batch
ACTIVATIONS = ("softmax", "sigmoid")


@rule("WF101", "softmax-before-cross-entropy", severity="error", since="0.1")
def softmax_before_cross_entropy(losses: LossInputs) -> Answers:
    """Judge each line that calls cross_entropy."""
    groups = losses.of("cross_entropy")
    if losses.repeated:
        yield _find_repeated(losses.repeated)
    elif not groups:
        yield Unseen("cross_entropy was not called with gradients on")
    for calls in groups.values():
        made = tuple(c for c in calls if _activations(c))
        unit = tuple(c for c in calls if c.input.unit_rows == c.input.rows and _classes(c) > 1)
        if made:
            yield _find(made, by_values=False)
        elif len(unit) == len(calls):
            rows = sum(c.input.rows for c in unit)
            enough = rows >= MIN_ROWS and len(unit) >= MIN_CALLS
            yield _find(unit, by_values=True) if enough else Unseen(f"only {rows} rows reached cross_entropy")


def _activations(call: LossComputed) -> tuple[Producer, ...]:
    """What made the input, where softmax or sigmoid made all of it."""
    every = all(p.operation in ACTIVATIONS for p in call.producers)
    return call.producers if every and _classes(call) > 1 else ()


def _classes(call: LossComputed) -> int:
    shape = call.input.shape
    return shape[1] if len(shape) > 1 else shape[0]


def _find(calls: tuple[LossComputed, ...], *, by_values: bool) -> Finding:
    producers = [p for c in calls for p in c.producers]
    made_at = next((p.place for p in producers if p.place is not None), None)
    name = "probabilities" if by_values else producers[0].operation
    loss_at, classes = calls[0].place, _classes(calls[0])
    floor = math.log(1 + (classes - 1) / math.e)
    return Finding(
        where=made_at or loss_at,
        saw=_saw(calls, "" if by_values else f", made by {name}"),
        why=f"cross_entropy applies log-softmax itself; scores squeezed into [0, 1] hold the loss above {floor:.3f}"
        f" for {classes} classes and shrink the gradient",
        fix=Fix(
            f"hand the raw scores to cross_entropy: take the {'softmax' if by_values else name} away",
            made_at,
            {"operation": "softmax" if by_values else name, "also": _also(producers, made_at)},
        ),
        related=() if made_at is None or loss_at is None else (Related(loss_at, "reaches cross_entropy here"),),
        count=len(calls),
        first_step=calls[0].step,
        cure=_cure(made_at, loss_at, "softmax" if by_values else name),
    )


def _cure(made_at: Place | None, loss_at: Place | None, name: str) -> Cure | None:
    """Where the line that makes the probabilities is not known, their logarithm serves as the scores behind them."""
    if made_at is not None:
        return Cure("skip_activation", made_at, {"function": name})
    if loss_at is None or name != "softmax":
        return None
    return Cure("take_log_probabilities", loss_at, {"function": "cross_entropy"})


def _also(producers: list[Producer], first: Place | None) -> tuple[Place, ...]:
    """The other lines that make what reaches the loss: heads and branches of one model."""
    return tuple(dict.fromkeys(p.place for p in producers if p.place is not None and p.place != first))


def _find_repeated(repeated: tuple[SoftmaxRepeated, ...]) -> Finding:
    known = next((r for r in repeated if all(p.place is not None for p in r.producers)), repeated[0])
    made_at = known.producers[0].place
    return Finding(
        where=made_at or known.place,
        saw=f"log_softmax was handed what softmax had made ({len(repeated)} times in the sampled steps)",
        why="log_softmax of probabilities holds every class near 1/K: the loss cannot come down",
        fix=Fix("take the softmax away: log_softmax is meant for the raw scores", made_at, {"operation": "softmax"}),
        related=() if made_at is None or known.place is None else (Related(known.place, "log_softmax here"),),
        count=len(repeated),
        first_step=repeated[0].step,
        cure=None if made_at is None else Cure("skip_activation", made_at, {"function": "softmax"}),
    )


def _saw(calls: tuple[LossComputed, ...], made_by: str) -> str:
    rows, unit = sum(c.input.rows for c in calls), sum(c.input.unit_rows for c in calls)
    if unit == rows:
        what = f"every row that reached cross_entropy lies in [0, 1] and sums to 1 ({rows} of {rows} rows"
    else:
        low, high = min(c.input.minimum for c in calls), max(c.input.maximum for c in calls)
        what = f"what reached cross_entropy lies between {low:.3g} and {high:.3g} ({rows} rows"
    return f"{what}, {len(calls)} sampled calls){made_by}"
