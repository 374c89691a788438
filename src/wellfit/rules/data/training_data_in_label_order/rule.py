"""The training data comes in the order of its labels.

## Why it hurts
Each batch holds one class or two, so each step pulls the model towards these and makes it forget the others;
batch statistics of normalization layers are those of single classes, too.

## How it is seen
The labels that reach the loss are read over the first iterations without a gap, then in sampled ones. Every class
stands in one stretch, pass after pass in the same order, and two labels of one batch agree far more often than two
labels of the whole data. Where a DataLoader feeds the training, its sampler has to be the sequential one.

## What it cannot see
Targets that are no class labels; losses other than cross_entropy, nll_loss and the two binary ones; labels of
compiled steps; the order within an epoch that is longer than the run.

## Fix
Shuffle: `DataLoader(..., shuffle=True)`, or index the data by a fresh `torch.randperm` in each epoch.

## Sources
Bengio 2012, "Practical recommendations for gradient-based training of deep architectures", section 3.1: examples
are visited in shuffled order.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.data import LabelsOrdered
from wellfit.model.facts.data import LabelOrder
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_LABELS = 64  # labels; fewer may lie in order by accident
MIN_ITERATIONS = 3  # iterations; a repetition in each of which the order shows
MIN_RUN = 8  # labels per stretch of one class, on average; a shuffled order has below 2 for balanced classes
MAX_RUNS_SHARE = 0.2  # stretches, as a share of those that a shuffled order would show
MIN_EXCESS = 0.3  # of the way from "as mixed as the whole data" (0) to "one class a batch" (1)
MIN_BATCH = 4  # labels a batch, on average; fewer say nothing about how mixed it is
MIN_LONG = 16  # gapless iterations of one class, before later batches are taken for other parts of a sorted whole
MIN_LATER = 3  # later batches, each of a single class


@rule("WF602", "training-data-in-label-order", severity="error", since="0.1")
def training_data_in_label_order(order: LabelOrder) -> Answers:
    """Judge each line that computes a loss from class labels."""
    for line in order.lines:
        if line.loader in ("random", "custom"):
            continue
        if not line.labels:
            yield Unseen(f"no class labels, one a sample, were read at {_spoken(line)}")
        elif line.labels < MIN_LABELS or line.iterations < MIN_ITERATIONS:
            yield Unseen(f"only {line.labels} class labels in {line.iterations} iterations reached the loss")
        elif _stands_in_blocks(line):
            yield _find(line, _say_blocks(line))
        elif _is_long_sorted(line):
            yield _find(line, _say_long(line))


def _spoken(line: LabelsOrdered) -> str:
    return "a loss" if line.place is None else f"the loss of line {line.place.line}"


def _say_blocks(line: LabelsOrdered) -> str:
    return (
        f"{line.labels} labels came in {line.runs} stretches of one class each ({line.classes} classes,"
        f" {line.iterations} iterations); two labels of one batch agree in {line.within:.0%} of cases,"
        f" two of the whole data in {line.pooled:.0%}"
    )


def _say_long(line: LabelsOrdered) -> str:
    return (
        f"the first {line.iterations} batches ({line.labels} labels) hold a single class, and so do"
        f" {line.later_pure} of {line.later_iterations} sampled later, of {line.later_classes} classes"
    )


def _excess(line: LabelsOrdered) -> float:
    return (line.within - line.pooled) / (1 - line.pooled) if line.pooled < 1 else 0.0


def _stands_in_blocks(line: LabelsOrdered) -> bool:
    shuffled = line.labels * (1 - line.pooled)
    if not line.blocks or line.labels < MIN_RUN * line.runs or line.runs > MAX_RUNS_SHARE * shuffled:
        return False
    certain = line.classes > 2 or line.loader == "sequential" or line.repeated  # noqa: PLR2004 - two take turns anyhow
    single = line.labels < MIN_BATCH * line.iterations  # batches too small to be compared with the whole
    return certain and (single or _excess(line) >= MIN_EXCESS)


def _is_long_sorted(line: LabelsOrdered) -> bool:
    if line.classes != 1 or line.iterations < MIN_LONG:
        return False
    needed = 2 if line.loader == "sequential" else 3
    return line.later_pure == line.later_iterations >= MIN_LATER and line.later_classes >= needed


def _find(line: LabelsOrdered, saw: str) -> Finding:
    where = line.loader_made or line.loader_place or line.place
    other = line.loader_place if line.loader_made else None
    by_hand = "index the rows by torch.randperm, anew in each epoch"
    return Finding(
        where=where,
        saw=saw,
        why="each step pulls the model towards the few classes of its batch, and makes it forget the others",
        fix=Fix("pass shuffle=True to the DataLoader" if line.loader else by_hand, details={"loader": line.loader}),
        related=(Related(other, "iterated here"),) if other else (),
        count=line.iterations,
        cure=None if line.loader_made is None else Cure("shuffle", line.loader_made),
    )
