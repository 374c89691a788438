"""Something other than log-probabilities reaches nll_loss.

## Why it hurts
`nll_loss` only picks the entry of the right class and negates it. Of probabilities that gives a loss between -1 and 0
whose gradient vanishes where the model is wrong; of raw scores it gives a loss without a lower end, which training
drives towards minus infinity while the other classes are never pushed down.

## How it is seen
Rows that reach `nll_loss` lie in [0, 1] and sum to 1, or softmax or sigmoid made them (probabilities); or they hold
entries above 0, and their exponentials do not sum to 1 (raw scores). In at least two sampled steps.

## What it cannot see
Raw scores that happen to be negative throughout; a loss inside a compiled region.

## Fix
Raw scores: call `cross_entropy` in place of `nll_loss`. Probabilities: `log_softmax` in place of `softmax`.

## Sources
PyTorch documentation, `torch.nn.NLLLoss`: the input is expected to contain log-probabilities of each class.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossComputed
from wellfit.model.facts.loss import LossInputs
from wellfit.model.place import Place, Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_CALLS = 2  # sampled calls; one may have had a special batch
POSITIVE = 0.01  # a log-probability is at most 0; half precision may round to a little above
MOST_NORMALIZED = 0.5  # share of rows; raw scores have next to none whose exponentials sum to 1
PROBABILITIES = ("softmax", "sigmoid")


@rule("WF103", "nll-loss-without-log-probabilities", severity="error", since="0.1")
def nll_loss_without_log_probabilities(losses: LossInputs) -> Answers:
    """Judge each line that calls nll_loss."""
    groups = losses.of("nll_loss")
    if not groups:
        yield Unseen("nll_loss was not called with gradients on")
    for calls in groups.values():
        probabilities = tuple(c for c in calls if _are_probabilities(c))
        scores = tuple(c for c in calls if _are_scores(c) and c not in probabilities)
        if len(probabilities) >= MIN_CALLS:
            yield _find_probabilities(probabilities)
        elif len(scores) >= MIN_CALLS:
            yield _find_scores(scores)
        elif len(calls) < MIN_CALLS:
            yield Unseen("nll_loss was called in one sampled step only")


def _are_probabilities(call: LossComputed) -> bool:
    made = bool(call.producers) and all(p.operation in PROBABILITIES for p in call.producers)
    several = len(call.input.shape) > 1 and call.input.shape[1] > 1
    return (made or call.input.unit_rows == call.input.rows) and several


def _are_scores(call: LossComputed) -> bool:
    return call.input.maximum > POSITIVE and call.input.log_unit_rows <= MOST_NORMALIZED * call.input.rows


def _find_probabilities(calls: tuple[LossComputed, ...]) -> Finding:
    made_at = next((p.place for c in calls for p in c.producers if p.place is not None), None)
    rows, unit = sum(c.input.rows for c in calls), sum(c.input.unit_rows for c in calls)
    return Finding(
        where=made_at or calls[0].place,
        saw=f"probabilities reached nll_loss: {unit} of {rows} rows lie in [0, 1] and sum to 1"
        f" ({len(calls)} sampled calls), largest value {max(c.input.maximum for c in calls):.3g}",
        why="nll_loss negates the entry of the right class; of a probability that is no log-likelihood,"
        " and its gradient vanishes where the model is wrong",
        fix=Fix(
            "hand log-probabilities to nll_loss: log_softmax in place of softmax", made_at, {"given": "probabilities"}
        ),
        related=_loss_line(made_at, calls[0].place),
        count=len(calls),
        first_step=calls[0].step,
        cure=_cure(made_at, calls),
    )


def _find_scores(calls: tuple[LossComputed, ...]) -> Finding:
    made_by = {p.operation for c in calls for p in c.producers}
    by = f", made by {made_by.pop()}" if len(made_by) == 1 and not calls[0].opaque else ""
    return Finding(
        where=calls[0].place,
        saw=f"raw scores reached nll_loss: values up to {max(c.input.maximum for c in calls):.3g}, where"
        f" log-probabilities are at most 0 ({sum(c.input.rows for c in calls)} rows, {len(calls)} sampled calls){by}",
        why="nll_loss takes no logarithm and no softmax; of raw scores it has no lower end",
        fix=Fix("call cross_entropy in place of nll_loss, or apply log_softmax first", details={"given": "scores"}),
        count=len(calls),
        first_step=calls[0].step,
        cure=_cure(None, calls),
    )


def _cure(made_at: Place | None, calls: tuple[LossComputed, ...]) -> Cure | None:
    if made_at is not None:
        made_by = next(p.operation for c in calls for p in c.producers if p.place == made_at)
        return Cure("take_log_probabilities", made_at, {"function": made_by})
    loss_at = calls[0].place
    return None if loss_at is None else Cure("take_log_probabilities", loss_at, {"function": "nll_loss"})


def _loss_line(made_at: Place | None, loss_at: Place | None) -> tuple[Related, ...]:
    return () if made_at is None or loss_at is None else (Related(loss_at, "reaches nll_loss here"),)
