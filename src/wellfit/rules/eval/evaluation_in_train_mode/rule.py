"""The model is evaluated in training mode.

## Why it hurts
Dropout throws away part of every answer and batch norm normalizes by the evaluation's own batches, and learns from
them: the metric is noisy, too low or too high, depends on the batch size, and the model picked by it is not the best
one.

## How it is seen
A module that an optimizer trains is called without gradients while it is in training mode and holds dropout or batch
norm that acts there; what it returns is compared with labels, subtracted from a target or handed to a loss, or is
read while the data come from a loader whose data set is not trained on. Dropout as a sampler (the same rows again and
again), batches that are scored to choose what is trained on next, rollouts, teachers, and batch norm statistics that
are estimated anew are not evaluations.

## What it cannot see
Evaluations that leave gradients on, and metrics that are computed outside torch on data without a loader.

## Fix
Call `model.eval()` before the evaluation and `model.train()` after it.

## Sources
PyTorch documentation, "Locally disabling gradient computation": no_grad does not switch dropout or batch norm.
"""

from collections.abc import Mapping

from wellfit.model.cure import Cure
from wellfit.model.events.evaluation import TrainModePassSeen
from wellfit.model.facts.evaluation import Evaluations
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_ROWS = 16  # rows; fewer are a look at examples, not an evaluation

_WORDS = {
    "labels": "compared with labels",
    "residual": "subtracted from a target",
    "reading": "read on a data set that is not trained on",
}


@rule("WF701", "evaluation-in-train-mode", severity="error", since="0.1")
def evaluation_in_train_mode(evaluations: Evaluations) -> Answers:
    """Judge each line that calls a module."""
    by_place: dict[object, list[TrainModePassSeen]] = {}
    for seen in evaluations.in_training_mode:
        if seen.scored and not seen.excuse:
            by_place.setdefault((seen.root, seen.place), []).append(seen)
    for passes in by_place.values():
        if sum(p.rows for p in passes) >= MIN_ROWS:
            yield _find(passes)
    if any(not seen.looked_at and not seen.excuse for seen in evaluations.in_training_mode):
        yield Unseen(
            "a module in training mode ran without gradients, where its outputs could not be followed: a mode"
            " of the program's own was active, or the model is compiled"
        )


def _find(passes: list[TrainModePassSeen]) -> Finding:
    first = passes[0]
    calls, rows = sum(p.calls for p in passes), sum(p.rows for p in passes)
    scored, looked_at = sum(p.scored for p in passes), sum(p.looked_at for p in passes)
    against = dict.fromkeys(_WORDS.get(name, f"handed to {name}") for p in passes for name in p.against)
    return Finding(
        where=first.place,
        saw=f"{first.kind} was called without gradients but in training mode ({calls} calls, {rows} rows,"
        f" {len(passes)} evaluations watched), with {_names(first.layers)} acting; {scored} of {looked_at} outputs that"
        f" were followed were {' or '.join(against)}",
        why="dropout and batch norm act as in training, so the metric is that of another model",
        fix=Fix("call model.eval() before the evaluation and model.train() after it"),
        count=calls,
        first_step=first.step,
        cure=None if first.place is None else Cure("score_in_eval_mode", first.place),
    )


def _names(layers: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in layers.items())
