"""The optimizer holds parameters that never get a gradient.

## Why it hurts
Mostly it does not: a frozen backbone among `model.parameters()` is a common idiom. But a layer that the forward
pass never uses, or that was frozen by accident, shows in the same way.

## How it is seen
Some of the held parameters had no gradient, were reached by no loss and were never written, in all sampled
steps, while others of the same optimizer were.

## What it cannot see
Parameters that get gradients of exactly zero.

## Fix
Use the layer, take it away, or hand the optimizer only what is trained.

## Sources
PyTorch documentation, `torch.optim.Optimizer.step`: parameters whose gradient is None are passed over.
"""

from wellfit.model.events.optim import HeldParameters
from wellfit.model.facts.optim import FEWEST_LOOKS, ParameterCoverage
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule


@rule("WF304", "optimizer-holds-idle-parameters", severity="note", since="0.1")
def optimizer_holds_idle_parameters(coverage: ParameterCoverage) -> Answers:
    """Judge each optimizer that trains at least one of its parameters."""
    if coverage.backwards < FEWEST_LOOKS:
        yield Unseen(f"only {coverage.backwards} sampled backward passes; {FEWEST_LOOKS} are needed (run more steps)")
        return
    for held in coverage.optimizers:
        if held.looks >= FEWEST_LOOKS and 0 < held.idle < held.parameters and held not in coverage.left_behind:
            yield _find(held)


def _find(held: HeldParameters) -> Finding:
    unused = held.idle - held.frozen
    kinds = [f"{held.frozen} frozen"] * bool(held.frozen) + [f"{unused} never reached by a loss"] * bool(unused)
    named = f": {', '.join(held.names)}" if held.names else ""
    return Finding(
        where=held.made_at or held.stepped_at,
        saw=f"{held.idle} of the {held.parameters} parameters that {held.kind} holds"
        f" ({held.idle_elements / max(1, held.elements):.0%} of its weights) had no gradient in {held.looks} sampled"
        f" steps ({', '.join(kinds)}){named}",
        why="they stay as they were initialized" if unused else "they stay as they are: in order if that is the plan",
        fix=Fix(
            "use these layers in the forward pass, or hand the optimizer only what is trained",
            details={"all_frozen": not unused},
        ),
        count=held.idle,
    )
