"""An operation cuts the gradient's way back to layers that are meant to train.

## Why it hurts
The layers before the cut take part in the forward pass, but no gradient ever reaches them: they keep their random
start, and the layers behind have to make do with it.

## How it is seen
An optimizer holds the parameters, their module runs in the forward pass, and in all sampled steps no loss reaches
them and no gradient has arrived when the optimizer steps, while other parameters are reached. Then one iteration is
run with the line of every operation, and the values of these layers are followed to the loss: the operation whose
result carries their values on, but not their gradients, is the cut.

## What it cannot see
A cut inside a compiled region or inside a custom autograd Function; values that leave torch and come back changed,
such as numbers computed in numpy; one of several losses of an iteration that is not the first to go backward.

## Fix
Take the operation away, or take the parameters out of the optimizer if they are meant to stay as they are.

## Sources
PyTorch documentation, "Autograd mechanics": detach, data and operations under no_grad are not recorded.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.reach import Cut
from wellfit.model.facts.reach import GradientPaths
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_LOOKS = 3  # sampled steps without a gradient; layers may be used in turns

_PYTHON = frozenset({"item", "tolist", "numpy", "__float__", "__array__"})


@rule("WF402", "graph-cut", severity="error", since="0.1")
def graph_cut(paths: GradientPaths) -> Answers:
    """Judge each operation that cuts parameters off."""
    last = paths.last
    if last.looks < MIN_LOOKS:
        yield Unseen(f"only {last.looks} sampled steps")
    elif last.unreached and not last.traced:
        yield Unseen(
            f"{last.unreached} trainable parameters run without ever getting a gradient; their values could not be"
            " followed to the loss, because no iteration ran with lines on"
        )
    else:
        for cut in last.cuts:
            yield _find(cut, last.looks)


def _find(cut: Cut, looks: int) -> Finding:
    names = ", ".join(cut.parameters) + (", ..." if cut.count > len(cut.parameters) else "")
    how = "runs with gradients switched off" if cut.without_gradients else f"is cut by {cut.operation}"
    return Finding(
        where=cut.place,
        saw=f"{names} ({cut.count} trainable parameters, {cut.elements} numbers) reach the loss only through a value"
        f" that {how}; none of them had a gradient in {looks} sampled steps, though an optimizer holds them",
        why="without a gradient these layers keep their random start, and all behind them works on that",
        fix=Fix(_cure(cut), cut.place, {"operation": cut.operation, "without_gradients": cut.without_gradients}),
        count=looks,
        cure=None if cut.place is None else Cure("pass_gradients", cut.place),
    )


def _cure(cut: Cut) -> str:
    if cut.without_gradients:
        return "run this line with gradients on"
    if cut.operation in _PYTHON:
        return f"stay with tensors: take {cut.operation} away"
    if cut.operation in ("detach", "detach_", "data"):
        return f"take {cut.operation} away"
    return f"replace {cut.operation}, which has no gradient, by a differentiable operation"
