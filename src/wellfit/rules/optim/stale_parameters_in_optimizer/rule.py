"""The optimizer holds parameters of layers that were replaced, and not the new ones.

## Why it hurts
A layer or a whole model that is made anew after the optimizer gets gradients and no updates, while the
optimizer steps on weights that nothing uses any more.

## How it is seen
The optimizer holds parameters that belong to no module that the loop calls, that no loss reaches and that
never get a gradient; at the same time losses reach parameters of the model that no optimizer holds.

## What it cannot see
A replacement after the replaced layer has been trained for a while.

## Fix
Make the optimizer after the last change to the model, or add the new parameters with `add_param_group`.

## Sources
PyTorch documentation, `torch.optim`: parameters are collected when the optimizer is constructed.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import HeldParameters
from wellfit.model.facts.optim import FEWEST_LOOKS, ParameterCoverage
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule


@rule("WF302", "stale-parameters-in-optimizer", severity="error", since="0.1")
def stale_parameters_in_optimizer(coverage: ParameterCoverage) -> Answers:
    """Judge each optimizer that steps."""
    if coverage.backwards < FEWEST_LOOKS:
        yield Unseen(f"only {coverage.backwards} sampled backward passes; {FEWEST_LOOKS} are needed (run more steps)")
        return
    for held in coverage.left_behind:
        yield _find(held, coverage)


def _find(held: HeldParameters, coverage: ParameterCoverage) -> Finding:
    stale = max(held.stale, held.idle if held.idle == held.parameters else 0)
    missing = sum(m.missing for m in coverage.forgotten)
    names = ", ".join(n for m in coverage.forgotten for n in m.names)
    return Finding(
        where=held.made_at or held.stepped_at,
        saw=f"{held.kind} holds {stale} parameters (of {held.parameters}) that are in no module the loop calls and"
        f" never got a gradient in {held.looks} sampled steps, while the loss reaches {missing} that no optimizer"
        f" holds: {names}",
        why="the new weights get gradients and no updates; the optimizer steps on the replaced ones",
        fix=Fix("make the optimizer after the last change to the model"),
        count=stale,
        cure=None if held.made_at is None else Cure("hold_parameters", held.made_at),
    )
