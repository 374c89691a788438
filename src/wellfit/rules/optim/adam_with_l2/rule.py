"""Adam adds weight decay to the gradient in place of shrinking the weights.

## Why it hurts
Adam divides the gradient by its running size, and the decay with it: weights with large gradients are hardly
regularized, and the setting's effect hangs on the gradient's scale. Where the decay outweighs the gradient,
Adam mostly follows the sign of the weights.

## How it is seen
The parameter groups have a weight decay and are not marked as decoupled, in an optimizer whose step is that of
torch's Adam, NAdam, RAdam or Adamax. A note; a warning where the decay's part was at least twice the gradient
in most measured steps.

## What it cannot see
Optimizers of other packages.

## Fix
Use `torch.optim.AdamW` (or `decoupled_weight_decay=True` where the class has it) and choose the decay anew.

## Sources
Loshchilov and Hutter 2019, "Decoupled weight decay regularization", section 2.
"""

from statistics import median

from wellfit.model.cure import Cure
from wellfit.model.events.optim import OptimizerSeen
from wellfit.model.facts.optim import OptimizersSeen, UpdateSizes
from wellfit.model.rule import Answers, Finding, Fix, rule

OUTWEIGHS = 2.0  # penalty over gradient; at an optimum of the penalized loss both are equal in a full batch
FEWEST_MEASURED = 4  # sampled steps


@rule("WF308", "adam-with-l2", severity="note", since="0.1")
def adam_with_l2(optimizers: OptimizersSeen, updates: UpdateSizes) -> Answers:
    """Judge each optimizer of the Adam family."""
    for optimizer in optimizers.all:
        decays = sorted({g.weight_decay for g in optimizer.groups if g.weight_decay and not g.decoupled})
        if optimizer.rescales and decays:
            yield _find(optimizer, decays, _penalty_over_gradient(optimizer, updates))


def _penalty_over_gradient(optimizer: OptimizerSeen, updates: UpdateSizes) -> float | None:
    ratios = [u.penalty / u.gradient for u in updates.of(optimizer.optimizer) if u.gradient > 0]
    return median(ratios) if len(ratios) >= FEWEST_MEASURED else None


def _find(optimizer: OptimizerSeen, decays: list[float], ratio: float | None) -> Finding:
    measured = "" if ratio is None else f"; the decay adds {ratio:.2g} times the gradient's norm (median)"
    outweighs = ratio is not None and ratio >= OUTWEIGHS
    return Finding(
        where=optimizer.made_at or optimizer.stepped_at,
        saw=f"{optimizer.kind} adds weight_decay {', '.join(f'{d:g}' for d in decays)} to the gradient{measured}",
        why="Adam follows the penalty more than the loss"
        if outweighs
        else "Adam rescales the decay with the gradient, so that it regularizes unevenly",
        fix=Fix("use AdamW, whose weight decay shrinks the weights directly", details={"kind": optimizer.kind}),
        severity="warning" if outweighs else None,
        cure=None if optimizer.made_at is None else Cure("decouple_decay", optimizer.made_at),
    )
