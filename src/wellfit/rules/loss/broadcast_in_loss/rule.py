"""Broadcasting compares every prediction with every target of the batch.

## Why it hurts
(N, 1) and (N,) broadcast to (N, N): the loss is then taken over all pairs, and its minimum is to predict the mean of
the targets for every input. It falls at first, like a working one, and then stands still.

## How it is seen
A loss function, or a subtraction, product, quotient or sum whose result goes into the loss as a whole, is handed two
tensors with N samples in their first dimension but not the same number of dimensions, so that the result holds all
N x N pairs. The shapes are those that the operation was handed.

## What it cannot see
Tensors that the program shapes for all pairs on the same line are taken for intended. An operation inside a compiled
region, or under a mode of the program's own.

## Fix
Give both tensors the same shape: squeeze the prediction's last dimension, or unsqueeze the target's.

## Sources
PyTorch documentation, broadcasting semantics; `torch.nn.functional.mse_loss` warns of different sizes once.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossBroadcast
from wellfit.model.facts.loss import LossBroadcasts
from wellfit.model.rule import Answers, Finding, Fix, rule


@rule("WF106", "broadcast-in-loss", severity="error", since="0.1")
def broadcast_in_loss(broadcasts: LossBroadcasts) -> Answers:
    """Judge each line that pairs all samples with all."""
    by_line: dict[tuple[object, ...], list[LossBroadcast]] = {}
    for seen in broadcasts.seen:
        by_line.setdefault((seen.operation, seen.place), []).append(seen)
    for group in by_line.values():
        yield _find(group)


def _find(group: list[LossBroadcast]) -> Finding:
    first = group[0]
    samples = first.left[0]
    return Finding(
        where=first.place,
        saw=f"{first.operation} of shapes {first.left} and {first.right} broadcast to {samples} x {samples} pairs"
        f" ({f'{len(group)} sampled steps' if len(group) > 1 else f'step {first.step}'})",
        why="each prediction is compared with every target of the batch, so the best answer is their mean",
        fix=Fix(
            "give both the same shape: squeeze the last dimension of the one, or unsqueeze the other",
            details={"operation": first.operation, "left": first.left, "right": first.right},
        ),
        count=len(group),
        first_step=first.step,
        cure=None if first.place is None else Cure("align_shapes", first.place),
    )
