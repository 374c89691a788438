"""The model works for one batch size only, because it takes samples for features.

## Why it hurts
A batch as large as a layer is wide lets a product over the wrong axis run: each answer is made of all samples, and
belongs to none. Any other batch size would have raised an exception.

## How it is seen
`--deep` trains the script in a copy of its folder and then asks the model, in evaluation mode, with the first 1, 2, 3
and 7 samples of a real batch, and with samples replaced by others. Other sizes raise, the answers of untouched samples
move, and a weight is as wide as the batch is long. Where a sample gets another answer in a smaller batch although no
neighbour moves it, the size itself enters; where one sample alone loses a dimension, as by `squeeze()`, that is a note.

## What it cannot see
Models without one target a sample, models that are called with more than samples, sizes that no call of ours has.

## Fix
Multiply along the features; take the size of the batch from the input; name the dimension in `squeeze(1)`.

## Sources
Stanford CS231n and Deep Learning tuning guides: try several batch sizes. Karpathy 2019, "A Recipe for Training Neural
Networks": use backprop to chart dependencies.
"""

from wellfit.model.events.deep import BatchSizesTried, SizeTried
from wellfit.model.facts.deep import BatchSizes
from wellfit.model.rule import Answers, Finding, Fix, Severity, rule


@rule("WF451", "answer-depends-on-batch-size", severity="warning", since="0.1")
def answer_depends_on_batch_size(sizes: BatchSizes) -> Answers:
    """Judge the answers in smaller batches."""
    tried = sizes.tried
    several = [size for size in tried.sizes if size.size > 1]
    if tried.width is not None and tried.moved and several and all(map(_fails, several)):
        yield _found(
            tried,
            f"{_errors(several)}; it runs with {tried.rows}, which is also a dimension of {tried.width}, and replacing"
            f" one sample moves the answers of {tried.moved} others",
            "multiply along the features of a sample, not along the samples",
        )
    elif not tried.moved and (moved := [size for size in several if size.moved]):
        yield _found(
            tried,
            f"{moved[0].moved} of {moved[0].size} samples get another answer alone than among {tried.rows}, although"
            " no neighbour moves them",
            "take sums and scales per sample: the size of the batch enters the answer",
        )
    elif (alone := next((s for s in tried.sizes if s.size == 1), None)) and _loses_dimension(alone, several):
        yield _found(
            tried,
            f"one sample alone is answered in shape {alone.shape}, several in shape {several[-1].shape}",
            "name the dimension that is to go, as in squeeze(1)",
            "note",
        )


def _fails(size: SizeTried) -> bool:
    return size.error is not None or size.shape[:1] != (size.size,)


def _errors(sizes: list[SizeTried]) -> str:
    told = [f"{size.size} ({size.error or 'shape ' + str(size.shape)})" for size in sizes]
    return f"the model fails with batches of {', '.join(told)}"


def _loses_dimension(alone: SizeTried, several: list[SizeTried]) -> bool:
    fine = bool(several) and not any(map(_fails, several))
    return fine and alone.error is None and len(alone.shape) < len(several[-1].shape)


def _found(tried: BatchSizesTried, saw: str, fix: str, severity: Severity | None = None) -> Finding:
    return Finding(
        where=tried.place,
        saw=f"{tried.root} in evaluation mode: {saw}",
        why="an answer that depends on how many samples are asked at once is no answer about a sample",
        fix=Fix(fix),
        severity=severity,
    )
