"""A score is the mean over batches of different sizes.

## Why it hurts
The samples of a short last batch count more than the others: 16 samples behind six batches of 64 count four times. The
score changes with the batch size of the evaluation, and two runs that differ in it cannot be compared.

## How it is seen
`--deep` runs the script in a copy of its folder with the same answer for every sample of a pass over the evaluation's
data, and once more with the evaluation's DataLoader cut into other batches; what is trained on stays. What such answers
are worth is known for each batch: the share of right ones, or R2 for numbers. A printed number counts where perfect
answers make it perfect and shuffled ones do not. It must be the mean of the batches' own scores, and differ from the
score of all samples by two units of its last printed digit, both times; and it must change with the cut.

## What it cannot see
Averages of other scores, such as F1 or AUC; scores that are not printed; losses. Batches of one size weigh alike, and
are left alone.

## Fix
Add up right answers and samples over all batches, and divide once.

## Sources
Google, "Deep Learning Tuning Playbook", on evaluation. PyTorch Lightning documentation, "Logging", on `batch_size`.
"""

from wellfit.model.facts.deep import MetricOfAnswers, ReadScore
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

FEWEST = 2  # passes whose numbers tell a mean over batches from an accident, where nothing can be cut otherwise


@rule("WF752", "score-averaged-over-batches", severity="warning", since="0.1")
def score_averaged_over_batches(metric: MetricOfAnswers) -> Answers:
    """Tell of the scores that were found to be means over batches."""
    if not metric.scores:
        yield Unseen("no printed number that perfect answers make perfect was printed of equal answers as well")
    elif not metric.tried.cut and len(metric.tried.constant) < FEWEST:
        yield Unseen("the evaluation is one pass, and could not be cut into other batches")
    averaged = [read for read in metric.misread if read.reading == "batches"]
    if averaged:
        yield Finding(
            where=metric.tried.place,
            saw=_saw(averaged[0]),
            why="the samples of a short batch count more than the others",
            fix=Fix("add up over all batches, and divide by all samples"),
            count=len(averaged),
        )


def _saw(read: ReadScore) -> str:
    number, seen, sign = read.number, read.seen, "%" if read.number.percent else ""
    text = (
        f'with the same answer for all {seen.samples} samples the script prints "{number.label}" with'
        f" {number.constant:g}{sign} in place {number.position + 1}: the mean of {seen.batches} batches, the last of"
        f" which has {seen.last} samples; of all samples it is {read.of_all:.4g}{sign}"
    )
    if read.other is None or number.cut is None:
        return text
    return f"{text}, and cut into {read.other.batches} batches the script prints {number.cut:g}{sign}"
