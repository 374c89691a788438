"""The optimizer steps without the gradients of the loss that was just computed.

## Why it hurts
The step finds no gradients, or those of an earlier batch: the model does not learn, or follows a loss that its
weights no longer have.

## How it is seen
Three times, and in nearly all cycles from one step to the next, one of these orders was seen:
- forward, step, and no backward pass at all, while the step finds no gradient, zeros, or the very gradients that
  the step before has consumed;
- backward, clearing, forward, step: the step stands before the backward pass of its own forward pass;
- backward without a forward pass since the last step, then forward, then step: each step is one batch late.

## What it cannot see
Programs whose forward pass is neither a module nor a loss function of torch.nn.functional.

## Fix
Call forward, `loss.backward()` and `optimizer.step()` in this order.

## Sources
PyTorch documentation, `torch.optim`, "Taking an optimization step".
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loop import CycleSeen
from wellfit.model.facts.loop import OptimizerCycles
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, rule

MIN_CYCLES = 3  # cycles; a first step without gradients is a known way to quiet a scheduler
MIN_SHARE = 0.9  # of all cycles of the optimizer; who skips backward now and then does so on purpose


@rule("WF203", "step-before-backward", severity="error", since="0.1")
def step_before_backward(cycles: OptimizerCycles) -> Answers:
    """Judge each optimizer, by each order of events."""
    for seen in cycles.by_optimizer.values():
        for happened, saw in ((_never, _NEVER), (_cleared, _CLEARED), (_late, _LATE)):
            guilty = [c for c in seen if happened(c) and not c.shared and not c.closure]
            if len(guilty) >= max(MIN_CYCLES, MIN_SHARE * len(seen)):
                yield _find(guilty, len(seen), saw)


_NEVER = "no backward pass ran between forward and step"
_CLEARED = "the step ran before the backward pass of its own forward pass, and found nothing"
_LATE = "backward ran after the step, so each step used the gradients of the batch before"


def _never(cycle: CycleSeen) -> bool:
    empty = cycle.gradients == "unchanged" or (cycle.gradients in ("none", "zero") and not cycle.moved)
    return not cycle.backwards and cycle.forwards > 0 and empty


def _cleared(cycle: CycleSeen) -> bool:
    return cycle.cleared and cycle.forwards_since_cleared > 0


def _late(cycle: CycleSeen) -> bool:
    return cycle.reached > 0 and cycle.forwards_before == 0 and cycle.forwards > 0 and not cycle.cleared


def _find(guilty: list[CycleSeen], seen: int, saw: str) -> Finding:
    first = guilty[0]
    return Finding(
        where=first.step_at,
        saw=f"{saw} ({len(guilty)} of {seen} watched steps of {first.kind})",
        why="a step moves the weights by the gradients that backward wrote for this batch",
        fix=Fix("call loss.backward() after the forward pass and before optimizer.step()", first.step_at),
        related=() if first.backward_at is None else (Related(first.backward_at, "backward runs here"),),
        count=len(guilty),
        first_step=first.step,
        cure=None if saw == _NEVER or first.step_at is None else Cure("step_after_backward", first.step_at),
    )
