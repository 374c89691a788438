"""All parameters that the optimizers hold are frozen.

## Why it hurts
The loop runs, the optimizer steps and the loss is printed, but every weight stays as it was.

## How it is seen
No held parameter requires a gradient, and over the sampled steps none had one, was reached by a loss or was
written, though backward ran through a graph each time.

## What it cannot see
A loss that was cut from the model altogether: that is told by the rules on the loss and on the graph.

## Fix
Unfreeze what shall be trained, and hand exactly that to the optimizer.

## Sources
PyTorch documentation, "Autograd mechanics", setting `requires_grad`.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import HeldParameters
from wellfit.model.facts.optim import FEWEST_LOOKS, ParameterCoverage
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule


@rule("WF303", "nothing-trains", severity="error", since="0.1")
def nothing_trains(coverage: ParameterCoverage) -> Answers:
    """Judge all optimizers together: one that trains is enough."""
    if coverage.backwards < FEWEST_LOOKS:
        yield Unseen(f"only {coverage.backwards} sampled backward passes; {FEWEST_LOOKS} are needed (run more steps)")
        return
    holding = [o for o in coverage.optimizers if o.parameters]
    idle = all(o.frozen == o.idle == o.parameters and o.looks >= FEWEST_LOOKS for o in holding)
    if holding and idle and not coverage.left_behind:
        yield _find(holding[0])


def _find(held: HeldParameters) -> Finding:
    return Finding(
        where=held.made_at or held.stepped_at,
        saw=f"all {held.parameters} parameters that {held.kind} holds have requires_grad=False; none had a gradient or"
        f" changed in {held.looks} sampled steps",
        why="the optimizer steps without effect: the model stays as it was initialized",
        fix=Fix("set requires_grad on the parameters to be trained, and hand these to the optimizer"),
        count=held.parameters,
        cure=None if held.made_at is None else Cure("unfreeze", held.made_at),
    )
