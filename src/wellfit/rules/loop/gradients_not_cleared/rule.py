"""Gradients of the previous step are still there when backward adds the new ones.

## Why it hurts
`backward` adds to `.grad`. Without clearing, every step follows the sum of all gradients since the start of the
run: old directions never fade, the effective step grows, and the loss oscillates, stalls or diverges. Under Adam
it may cost only a few points, which nobody notices.

## How it is seen
Right after a step the gradients of a few parameters are remembered. When the first backward pass that reaches
them begins, they stand there unchanged and nonzero; nothing clears them until the next step consumes the sum.
Three such cycles, and at least half of all that were seen, make the finding. Several backward passes for one step
(accumulation), gradients cleared in any way, and gradients that were scaled in between are no such cycle.

## What it cannot see
Gradients that are sparse, and those under a mode or profiler of the program's own.

## Fix
Call `optimizer.zero_grad()` once per step, before backward.

## Sources
PyTorch documentation, "What does optimizer.zero_grad() do": gradients accumulate by default.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loop import CycleSeen
from wellfit.model.facts.loop import OptimizerCycles
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_CYCLES = 3  # cycles; one may be left over from a warm-up or a pause
MIN_SHARE = 0.5  # of all cycles; a program that clears most of the time accumulates on purpose


@rule("WF201", "gradients-not-cleared", severity="error", since="0.1")
def gradients_not_cleared(cycles: OptimizerCycles) -> Answers:
    """Judge each optimizer."""
    for seen in cycles.by_optimizer.values():
        known = [c for c in seen if c.complete and c.reached]
        kept = [c for c in known if c.kept]
        if len(kept) >= max(MIN_CYCLES, MIN_SHARE * len(known)):
            yield _find(kept, len(known))
    if not any(c.complete and c.reached for seen in cycles.by_optimizer.values() for c in seen):
        yield Unseen("no step was seen together with the backward pass that follows it")


def _find(kept: list[CycleSeen], known: int) -> Finding:
    first = kept[0]
    peaks = f"{kept[0].kept_peak:.3g}, at the last {kept[-1].kept_peak:.3g}"
    return Finding(
        where=first.backward_at or first.step_at,
        saw=f"when backward began, the gradients of the step before were still there, unchanged"
        f" ({len(kept)} of {known} watched steps of {first.kind}; the largest entry was {peaks})",
        why="backward adds to .grad, so each step follows the sum of all gradients since the start",
        fix=Fix("call optimizer.zero_grad() before backward, once per step"),
        related=() if first.step_at is None else (Related(first.step_at, "consumes the sum here"),),
        count=len(kept),
        first_step=first.step,
        cure=Cure("clear_gradients", first.backward_at),
    )
