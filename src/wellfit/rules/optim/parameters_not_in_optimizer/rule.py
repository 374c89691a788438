"""The loss reaches parameters that no optimizer holds.

## Why it hurts
Gradients are computed for these parameters and never used: they stay at their initial values for the whole
training, and the rest of the model has to work around them.

## How it is seen
The autograd graph behind each sampled loss ends in the parameters that gradients flow to. Those that belong to
a module of which other parameters are held, that no optimizer of the process has ever held, and whose values
never change between the steps, are missing.

## What it cannot see
A module none of whose parameters is in an optimizer: training a head on a fixed backbone looks the same.
Parameters behind reentrant checkpointing, and runs cut short before a later optimizer takes the rest.

## Fix
Hand `model.parameters()` to the optimizer; freeze what shall stay fixed with `requires_grad_(False)`.

## Sources
PyTorch documentation, `torch.optim`: "you have to give it an iterable containing the Parameters to optimize".
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import HeldParameters, ModuleParameters
from wellfit.model.facts.optim import FEWEST_LOOKS, ParameterCoverage
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule


@rule("WF301", "parameters-not-in-optimizer", severity="error", since="0.1")
def parameters_not_in_optimizer(coverage: ParameterCoverage) -> Answers:
    """Judge each module that some optimizer holds a part of."""
    if coverage.backwards < FEWEST_LOOKS:
        yield Unseen(f"only {coverage.backwards} sampled backward passes; {FEWEST_LOOKS} are needed (run more steps)")
        return
    if coverage.left_behind:
        return  # replaced after the optimizer was made: stale-parameters-in-optimizer tells that cause
    for module in coverage.forgotten:
        holder = next((o for o in coverage.optimizers if o.optimizer in module.holders), None)
        if module.held and holder is not None and holder.looks >= FEWEST_LOOKS:
            yield _find(module, holder)


def _find(module: ModuleParameters, holder: HeldParameters) -> Finding:
    share = module.missing_elements / max(1, module.elements)
    more = module.missing - len(module.names)
    names = ", ".join(module.names) + (f" and {more} more" if more > 0 else "")
    return Finding(
        where=holder.made_at or holder.stepped_at,
        saw=f"{module.missing} of {module.parameters} trainable parameters of {module.kind} ({share:.0%} of its"
        f" weights) are in no optimizer, though the loss reached them in at least {module.reached} sampled steps:"
        f" {names}",
        why="their gradients are computed and never used, so they keep their initial values"
        + (" (those of the checkpoint)" if module.loaded else ""),
        fix=Fix(
            "hand every parameter of the model to the optimizer, or freeze these with requires_grad_(False)",
            details={"kind": module.kind, "names": module.names, "loaded": module.loaded},
        ),
        count=module.missing,
        severity="note" if module.loaded else None,
        cure=None if holder.made_at is None else Cure("hold_parameters", holder.made_at),
    )
