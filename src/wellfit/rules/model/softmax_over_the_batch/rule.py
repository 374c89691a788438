"""A softmax runs along the samples of the batch instead of the classes.

## Why it hurts
Each column then sums to 1 over the batch: how probable a class is for one sample depends on which other samples
came along, in training and in use.

## How it is seen
Either a softmax along dimension 0 reaches a loss that has one target a sample, or one for each of the rows that were
picked of it, as of a graph's labelled nodes. Or, once a run, the model is called beside the training on a real batch,
and again with sample 0 replaced: other rows of the output move, and the first operation that mixed them is a softmax
along the dimension in which the samples lie.

## What it cannot see
A model that prints, counts or stores in its forward (it is not called a second time), and a batch as long as another
dimension. Attention between the samples of a batch, weights of a mean over all rows, and a program that hands over one
and the same tensor each time, as of a graph, stay silent.

## Fix
Name the dimension of the classes: `dim=-1`, or `dim=1` for (N, C) and (N, C, H, W).

## Sources
PyTorch documentation, `torch.nn.functional.softmax`: `dim` is the dimension along which softmax is computed.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.loss import LossComputed, Producer
from wellfit.model.events.side_run import MixingOperation, SideRan
from wellfit.model.facts.side_run import SampleMixing
from wellfit.model.place import Place
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

SOFTMAXES = ("softmax", "log_softmax", "softmin", "gumbel_softmax")
MIN_CALLS = 2  # sampled steps; the first one has no line yet


@rule("WF404", "softmax-over-the-batch", severity="error", since="0.1")
def softmax_over_the_batch(mixing: SampleMixing) -> Answers:
    """Judge what reached a loss, and each model that was run beside the training."""
    found = [_find_mixed(run, run.mixing) for run in mixing.runs if run.mixing and run.mixing.operation in SOFTMAXES]
    if not found and len(mixing.over_batch) >= MIN_CALLS:
        found = [_find_at_loss(mixing.over_batch)]
    yield from found
    if not found and mixing.refused:
        yield Unseen(mixing.refused)


def _find_mixed(run: SideRan, mixed: MixingOperation) -> Finding:
    return Finding(
        where=mixed.place,
        saw=f"with sample 0 replaced, {run.moved} other of {run.rows} rows of {run.root}'s output move;"
        f" {mixed.operation} runs along dimension {mixed.dim} of {mixed.given}, where the samples lie",
        why="the share of a class then depends on which other samples are in the batch",
        fix=_fix(mixed.operation),
        first_step=run.step,
        cure=_cure(mixed.place),
    )


def _find_at_loss(seen: tuple[tuple[LossComputed, Producer], ...]) -> Finding:
    loss, made_by = seen[0]
    line = next((p.place for _, p in seen if p.place is not None), None)
    classes = 1 if len(loss.input.shape) > 2 else -1  # noqa: PLR2004 - (N, C, H, W)
    return Finding(
        where=line or loss.place,
        saw=f"{made_by.operation} runs along dimension 0 of {made_by.shape} and reaches {loss.function}"
        f" with {loss.target.shape[0]} targets, {len(seen)} sampled calls",
        why="the share of a class then depends on which other samples are in the batch",
        fix=_fix(made_by.operation, classes),
        count=len(seen),
        first_step=loss.step,
        cure=_cure(line, classes),
    )


def _cure(place: Place | None, classes: int = -1) -> Cure | None:
    return None if place is None else Cure("softmax_over_classes", place, {"dim": classes})


def _fix(operation: str, classes: int = -1) -> Fix:
    return Fix(f"run it along the classes: dim={classes}", details={"operation": operation, "dim": classes})
