"""Log-probabilities reach cross_entropy, which takes the log-softmax once more.

## Why it hurts
It does not: log-softmax of log-softmax is log-softmax, in value and in gradient. It costs a little time, and the
pair invites the next reader to take the wrong one of the two away.

## How it is seen
Every row that reaches `cross_entropy` has no positive entry and its exponentials sum to 1, in each sampled step.

## What it cannot see
A loss that is written out by hand, or one that runs inside a compiled region.

## Fix
Take the log-softmax away, or call `nll_loss` in place of `cross_entropy`.

## Sources
PyTorch documentation, `torch.nn.CrossEntropyLoss`: equivalent to `LogSoftmax` followed by `NLLLoss`.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossComputed
from wellfit.model.facts.loss import LossInputs
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_ROWS = 8  # rows; fewer may have exponentials that sum to 1 by accident
MIN_CALLS = 2  # sampled calls; one may have had a special batch


@rule("WF102", "log-softmax-before-cross-entropy", severity="note", since="0.1")
def log_softmax_before_cross_entropy(losses: LossInputs) -> Answers:
    """Judge each line that calls cross_entropy."""
    groups = losses.of("cross_entropy")
    if not groups:
        yield Unseen("cross_entropy was not called with gradients on")
    for calls in groups.values():
        rows = sum(c.input.rows for c in calls)
        if not all(c.input.log_unit_rows == c.input.rows and c.input.shape[-1:] != (1,) for c in calls):
            continue
        enough = rows >= MIN_ROWS and len(calls) >= MIN_CALLS
        yield _find(calls, rows) if enough else Unseen(f"only {rows} rows reached cross_entropy")


def _find(calls: tuple[LossComputed, ...], rows: int) -> Finding:
    made_at = next((p.place for c in calls for p in c.producers if p.place is not None), None)
    loss_at = calls[0].place
    return Finding(
        where=made_at or loss_at,
        saw=f"every row that reached cross_entropy holds log-probabilities ({rows} of {rows} rows,"
        f" {len(calls)} sampled calls)",
        why="cross_entropy takes the log-softmax itself; the second one changes nothing",
        fix=Fix(
            "take the log-softmax away, or call nll_loss in place of cross_entropy",
            made_at,
            {"operation": "log_softmax"},
        ),
        related=() if made_at is None or loss_at is None else (Related(loss_at, "reaches cross_entropy here"),),
        count=len(calls),
        first_step=calls[0].step,
        cure=None if made_at is None else Cure("skip_activation", made_at, {"function": "log_softmax"}),
    )
