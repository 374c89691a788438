"""The script's own metric is not perfect for perfect answers.

## Why it hurts
A metric that cannot reach its best value measures something else, or divides by the wrong count. Models are chosen, and
trainings stopped, by a number that says too little.

## How it is seen
`--deep` runs the script in a copy of its folder with the model's answers in evaluation replaced: by what the targets
beside the call say, and by the targets of other samples. Of all numbers that the script prints, those count that are
the same when it runs again unchanged, that stay within [0, 1] (or carry a percent sign and stay within [0, 100]), and
that perfect answers raise by a tenth of that range or more. In none of them may perfect answers give less than 0.995.

Then every sample of a pass gets the same answer, such as the most frequent class, whose share of the targets is known
for each batch. A score that is perfect for perfect answers, and in at least two different numbers is the share of the
last batch and not that of all samples, leaves all other batches out.

## What it cannot see
Metrics that are not printed; evaluations whose targets cannot be found beside the call; metrics that are too kind in
other ways, since recall, F1 and their like are meant to differ from the share of right answers.

## Fix
Divide by the number of answers, not by batches times their size; compare along the dimension of the classes; gather
over the whole pass.

## Sources
Stanford CS231n, "Sanity checks". Google, "Deep Learning Tuning Playbook", on evaluation.
"""

from wellfit.model.events.deep import PrintedNumber
from wellfit.model.facts.deep import MetricOfAnswers, ReadScore
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

PERFECT = 0.995  # of the best value; printed with two or three digits
RAISED = 0.1  # of the range, by which perfect answers must beat shuffled ones before a number is a score


@rule("WF751", "metric-imperfect-for-perfect-answers", severity="warning", since="0.1")
def metric_imperfect_for_perfect_answers(metric: MetricOfAnswers) -> Answers:
    """Judge the scores among the printed numbers."""
    partial = [read for read in metric.misread if read.reading == "last batch"]
    yield from (_of_last_batch(read, metric) for read in partial[:1])
    scores = [number for number in metric.tried.numbers if _is_score(number)]
    if not scores and not metric.misread:
        yield Unseen("none of the printed numbers that change with the answers is a score between 0 and 1")
        return
    short = [number for number in scores if number.perfect < PERFECT * _best(number)]
    if short:
        first, sign = short[0], "%" if short[0].percent else ""
        yield Finding(
            where=metric.tried.place,
            saw=f'with perfect answers the script prints "{first.label}" with {first.perfect:g}{sign} in place'
            f" {first.position + 1}, with shuffled ones {first.shuffled:g}{sign}, and as it is {first.as_is:g}{sign}",
            why="a metric that perfect answers do not make perfect measures something else",
            fix=Fix("divide by the number of answers, and compare along the dimension of the classes"),
            count=len(short),
        )


def _of_last_batch(read: ReadScore, metric: MetricOfAnswers) -> Finding:
    number, seen, sign = read.number, read.seen, "%" if read.number.percent else ""
    return Finding(
        where=metric.tried.place,
        saw=f'with the same answer for all samples the script prints "{number.label}" with {number.constant:g}{sign} in'
        f" place {number.position + 1}: the score of the last {seen.last} of {seen.samples} samples, where that of all"
        f" is {read.of_all:.4g}{sign}",
        why="a metric of the last batch says little of the others",
        fix=Fix("add up over all batches, and divide by all samples"),
    )


def _best(number: PrintedNumber) -> float:
    return 100.0 if number.percent else 1.0


def _is_score(number: PrintedNumber) -> bool:
    values = (number.as_is, number.perfect, number.shuffled)
    best = _best(number)
    within = all(0 <= value <= best for value in values)
    return within and number.perfect - number.shuffled >= RAISED * best
