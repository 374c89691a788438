"""Gradients are cleared after backward has written them and before the step reads them.

## Why it hurts
The step finds nothing: parameters keep their values, or move by momentum and weight decay alone. The model does
not learn, and no error is raised.

## How it is seen
`zero_grad` is called while gradients stand that a backward pass has just written; no forward and no backward pass
follows; the step then finds no gradient, or zeros only. Three such cycles, and nearly all that were seen, make the
finding.

## What it cannot see
Gradients that are cleared by hand, without `zero_grad`.

## Fix
Call `zero_grad` before backward or after the step.

## Sources
PyTorch documentation, `torch.optim`: clear, backward, step, in this order.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loop import CycleSeen
from wellfit.model.facts.loop import OptimizerCycles
from wellfit.model.place import Place, Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_CYCLES = 3  # cycles; one may be a warm-up that throws its gradients away on purpose
MIN_SHARE = 0.9  # of the cycles that saw a backward pass; who throws away now and then does so on purpose


@rule("WF202", "zero-grad-between-backward-and-step", severity="error", since="0.1")
def zero_grad_between_backward_and_step(cycles: OptimizerCycles) -> Answers:
    """Judge each optimizer."""
    reached = {number: [c for c in seen if c.reached] for number, seen in cycles.by_optimizer.items()}
    if not any(reached.values()):
        yield Unseen("no backward pass was seen to reach the parameters of an optimizer")
    for seen in reached.values():
        guilty = [c for c in seen if c.cleared and not c.forwards_since_cleared and not c.shared]
        if guilty and len(guilty) >= max(MIN_CYCLES, MIN_SHARE * len(seen)):
            yield _find(guilty, len(seen))


def _find(guilty: list[CycleSeen], seen: int) -> Finding:
    first = guilty[0]
    places = ((first.backward_at, "writes the gradients here"), (first.step_at, "finds none here"))
    found = "no gradient" if first.gradients == "none" else "zeros only"
    return Finding(
        where=first.cleared_at or first.step_at,
        saw=f"zero_grad ran between backward and step; {first.kind} found {found}"
        f" in {len(guilty)} of {seen} watched steps",
        why="the step reads what zero_grad has just thrown away, so the model does not learn",
        fix=Fix("call zero_grad before backward", first.cleared_at),
        related=tuple(Related(place, what) for place, what in places if place is not None),
        count=len(guilty),
        first_step=first.step,
        cure=_cure(first.backward_at, first.cleared_at),
    )


def _cure(backward_at: Place | None, cleared_at: Place | None) -> Cure | None:
    if cleared_at is None:
        return None
    return Cure("clear_gradients", backward_at, {"ignore_file": cleared_at.file, "ignore_line": cleared_at.line})
