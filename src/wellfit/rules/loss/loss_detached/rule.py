"""Backward runs on a tensor that has no connection to the model.

## Why it hurts
A loss that was taken out of its graph (`.item()`, `.detach()`, `.data`, numpy) and wrapped in a new tensor with
`requires_grad` accepts `backward()`, and no parameter gets a gradient. The optimizer steps, the loss is printed,
nothing trains.

## How it is seen
The graph behind the loss ends in tensors that are no parameters and that the optimizer does not hold, and at its
next step the gradient of every parameter is missing or zero, in at least two sampled steps. One more step is then
watched operation by operation for the line that made the new tensor after the model had run; without that line, only
a loss that is such a tensor itself is told.

## What it cannot see
A loss of which only one term was taken out: the others train.

## Fix
Call `backward()` on the loss as the loss function returned it; use `.item()` only for what is printed or stored.

## Sources
PyTorch documentation, autograd mechanics: `requires_grad` of a new leaf begins a new graph.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossTraced
from wellfit.model.facts.loss import LossTraces
from wellfit.model.place import Place, Related
from wellfit.model.rule import Answers, Finding, Fix, rule

MIN_STEPS = 2  # sampled steps; a single one may be a warm-up of the program's own


@rule("WF107", "loss-detached", severity="error", since="0.1")
def loss_detached(backwards: LossTraces) -> Answers:
    """Judge each line that calls backward."""
    by_line: dict[Place | None, list[LossTraced]] = {}
    for trace in backwards.traces:
        by_line.setdefault(trace.place, []).append(trace)
    for traces in by_line.values():
        lost = [t for t in traces if _is_lost(t)]
        certain = any(t.operations == 0 or t.made_by for t in lost)
        if len(lost) >= MIN_STEPS and certain:
            yield _find(lost)
        elif not traces[-1].requires_grad:
            yield _find_refused(traces[-1])


def _is_lost(trace: LossTraced) -> bool:
    nothing_trains = trace.held > 0 and trace.missing_gradients == trace.held
    return trace.requires_grad and trace.leaves > 0 and not trace.parameters and nothing_trains


def _find(lost: list[LossTraced]) -> Finding:
    known = next((t for t in lost if t.made_at is not None), lost[0])
    backward_at = lost[0].place
    by = f", made by {known.made_by}" if known.made_by else ""
    begins = "began" if known.operations == 0 else f"ended {known.operations} operations on,"
    return Finding(
        where=known.made_at or backward_at,
        saw=f"backward {begins} at a new tensor{by}: 0 of {known.held} parameters got a gradient"
        f" ({len(lost)} sampled steps)",
        why="a tensor made from the loss's value begins a new graph, and gradients end there",
        fix=Fix("call backward on the loss itself: no item, detach, data, numpy or tensor() between", known.made_at),
        related=() if known.made_at is None or backward_at is None else (Related(backward_at, "backward begins here"),),
        count=len(lost),
        first_step=lost[0].step,
        cure=None if known.made_at is None else Cure("pass_gradients", known.made_at),
    )


def _find_refused(trace: LossTraced) -> Finding:
    return Finding(
        where=trace.place,
        saw="backward was called on a loss that carries no gradients",
        why="nothing that leads from the parameters to this loss was recorded",
        fix=Fix("compute the loss from the model's output with gradients on: no no_grad, item, detach or data between"),
        first_step=trace.step,
    )
