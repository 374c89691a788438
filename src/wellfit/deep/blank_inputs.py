"""A run that cannot see its inputs must lose against one that can."""

import math
import statistics
from collections.abc import Iterator, Sequence

from wellfit.deep.one_batch import ONE_BATCH, proper_course
from wellfit.deep.procedure import AS_IS, Procedure, Trials, Variant
from wellfit.errors import ProcedureError
from wellfit.model.cure import Cure
from wellfit.model.events.deep import BlankCompared, FirstLoss, StepHashed
from wellfit.prove.trial import TrialRun

ZEROED = Variant("with zeros as inputs", (Cure("blank_inputs"),))
PERMUTED = Variant("with the inputs permuted", (Cure("blank_inputs", None, {"permute": True}),))

FEWEST_STEPS = 30
"""Steps from which on a difference between two runs can be told from their noise."""

WINDOW_SHARE = 3
"""The last third of the steps is compared."""

BLOCKS = 8
"""Stretches of the window whose means are taken for independent of each other."""

STUDENT_T = 2.365
"""Two-sided 95 % quantile of Student's distribution for one degree of freedom less than there are blocks."""


def compare_with_blank_inputs(trials: Trials) -> Iterator[BlankCompared]:
    """The unchanged run beside those that see nothing."""
    if trials.train_steps < FEWEST_STEPS:
        raise ProcedureError(
            f"the script trains for {trials.train_steps} steps, and a comparison of runs takes {FEWEST_STEPS} at least"
        )
    runs = [trials.run(variant) for variant in (AS_IS, ZEROED, PERMUTED, ONE_BATCH)]
    as_is, zeroed, permuted, one_batch = courses = [_course(run) for run in runs]
    if len({_targets(run) for run in runs[:3]}) > 1:
        raise ProcedureError("what the loss is given as targets changes with the inputs, or from run to run")
    length = min(map(len, courses))
    window = max(BLOCKS, length // WINDOW_SHARE)
    mine, without, mixed = (course[length - window : length] for course in (as_is, zeroed, permuted))
    first = runs[0].log.last(FirstLoss)
    yield BlankCompared(
        steps=length,
        window=window,
        as_is=statistics.fmean(mine),
        zeroed=statistics.fmean(without),
        permuted=statistics.fmean(mixed),
        gain_over_zeroed=_interval([b - a for a, b in zip(mine, without, strict=True)]),
        gain_over_permuted=_interval([b - a for a, b in zip(mine, mixed, strict=True)]),
        equal=sum(a == b == c for a, b, c in zip(as_is, zeroed, permuted, strict=False)),
        one_batch=(one_batch[0], statistics.median(one_batch[-window:])),
        place=None if first is None else first.place,
    )


def _course(run: TrialRun) -> tuple[float, ...]:
    course = proper_course(run)
    if not course or not all(map(math.isfinite, course)):
        raise ProcedureError("no loss function of torch holds what the model answers against targets in each step")
    return course


def _targets(run: TrialRun) -> tuple[str | None, ...]:
    return tuple(step.targets for step in run.log.of(StepHashed))


def _interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """95% interval of their mean: batches of one run follow each other, so blocks of them are compared."""
    size = len(differences) / BLOCKS
    blocks = [statistics.fmean(differences[int(i * size) : int((i + 1) * size)]) for i in range(BLOCKS)]
    middle = statistics.fmean(differences)
    half = STUDENT_T * statistics.stdev(blocks) / math.sqrt(BLOCKS)
    return middle - half, middle, middle + half


BLANK_INPUTS = Procedure(
    name="inputs against no inputs",
    writes=(BlankCompared,),
    variants=(AS_IS, ZEROED, PERMUTED, ONE_BATCH),
    listens=(FirstLoss,),
    look=compare_with_blank_inputs,
)
