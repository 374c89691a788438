"""From paired scores to an effect with an interval."""

import math
import statistics
from collections.abc import Sequence

from wellfit.model.proof import Effect
from wellfit.model.score import METRICS, Metric, Score

_STUDENT_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
)  # fmt: skip
"""Two-sided 95 % quantiles of Student's distribution for 1, 2, 3 ... degrees of freedom."""

_NORMAL = 1.960


def effects(as_is: Sequence[Score], cured: Sequence[Score], *, paired: bool) -> tuple[Effect, ...]:
    """The effect on each metric of the task, the one that decides first.

    Accuracy decides where it moves; where it does not, the proper loss may still tell the two apart.

    Args:
        as_is: one score a seed; all of one task.
        cured: of the same seeds, in the same order.
        paired: equal seeds give equal runs, so that the runs of one seed are twins.
    """
    made = [
        effect
        for metric in METRICS[as_is[0].task]
        if (effect := _effect(metric, as_is, cured, paired=paired)) is not None
    ]
    return tuple(sorted(made, key=lambda effect: effect.verdict == "no measurable effect"))


def _effect(metric: Metric, as_is: Sequence[Score], cured: Sequence[Score], *, paired: bool) -> Effect | None:
    before = [score.value(metric) for score in as_is]
    after = [score.value(metric) for score in cured]
    if not all(map(math.isfinite, (*before, *after))):
        return None
    middle = statistics.fmean(after) - statistics.fmean(before)
    floor = _of_rows(metric, before, after, as_is, cured)
    half = max(_paired(before, after) if paired else _unpaired(before, after), floor)
    return Effect(metric, statistics.fmean(before), statistics.fmean(after), (middle - half, middle, middle + half))


def _paired(before: Sequence[float], after: Sequence[float]) -> float:
    """Half the interval from the spread of the differences; 0 for a single pair, whose rows alone speak."""
    differences = [b - a for a, b in zip(before, after, strict=True)]
    if len(differences) < 2:  # noqa: PLR2004 - a spread takes two
        return 0.0
    return quantile(len(differences) - 1) * statistics.stdev(differences) / math.sqrt(len(differences))


def _unpaired(before: Sequence[float], after: Sequence[float]) -> float:
    """The same by Welch, where no run has a twin."""
    if len(before) < 2:  # noqa: PLR2004 - a spread takes two
        return 0.0
    error = math.sqrt((statistics.variance(before) + statistics.variance(after)) / len(before))
    return quantile(len(before) - 1) * error


def _of_rows(
    metric: Metric, before: Sequence[float], after: Sequence[float], as_is: Sequence[Score], cured: Sequence[Score]
) -> float:
    """Half the interval that the number of scored rows alone asks for: three seeds may agree by chance.

    Twins are scored on the same rows, and of an accuracy at least as many of these changed sides as the difference
    says: the spread of such a count is the least that McNemar's test would find. Single pairs, and other metrics of
    them, stand on the spread of the rows of both runs.
    """
    if len(before) == 1:
        return _NORMAL * math.hypot(as_is[0].standard_error(metric), cured[0].standard_error(metric))
    if metric != "accuracy":
        return 0.0
    moved = [abs(b - a) for a, b in zip(before, after, strict=True)]
    variances = [m * (1 - m) / min(a.rows, b.rows) for m, a, b in zip(moved, as_is, cured, strict=True)]
    return _NORMAL * math.sqrt(sum(variances)) / len(variances)


def quantile(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's distribution with that many degrees of freedom."""
    return _STUDENT_T[freedom - 1] if freedom <= len(_STUDENT_T) else _NORMAL * (1 + 1.0 / freedom)
