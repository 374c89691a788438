"""Which trials are ended early: those that stand, at a rung, behind everything that has come out well so far.

Rungs are those of successive halving (Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning,
https://arxiv.org/abs/1810.05934), which lets the best third of all trials pass each. That ends winners whose metric
falls late, as under a warm-up, a decaying schedule, or a low rate. So a trial is held here against whole ones, and
against those of them that ended well: the slowest of these says how far behind one may be at a rung and yet come out
well.
"""

import math
from bisect import insort
from collections.abc import Mapping, Sequence

import numpy as np

from wellfit.model.study import StudyPlan, TrialSeen

SPACING = 3
"""Each rung stands at so many times the part of a run that the one before does."""

FEWEST_WHOLE = 9
"""Whole trials from which on others are ended: the script's own setting and eight even points."""

GOOD = 1 / 2
MOST_GOOD = 16
"""Share of the whole trials that ended well, and how many of these count, the best ones: the slowest of very many would
let everything pass."""

LEAST_ORDER = 0.5
"""Rank correlation of where whole trials stood at a rung with what they came to, below which the rung ends nobody."""

_GROWN = 8
"""It is computed again once there are more whole trials by one of so many."""

WORTH_PRUNING_S = 10.0
"""Seconds of a run from which on ending trials early is worth what whole ones would tell of the knobs together."""

RUNGS = 9
"""The first rung stands behind so many parts of a whole run, one of them; but never at the very first value."""

MOST_REPORTS = 64
"""Values of one trial that are kept in the study; its record has all of them."""


def report_every(plan: StudyPlan) -> int:
    """Values of the metric of which one is reported."""
    return max(1, plan.points // MOST_REPORTS)


class Rungs:
    """What whole trials had come to at each rung.

    Args:
        plan: of the search.
    """

    def __init__(self, plan: StudyPlan) -> None:
        self._sign = -1.0 if plan.higher_is_better else 1.0
        self._best = plan.take == "best"
        reports = plan.points // report_every(plan)
        self._steps: list[int] = []
        step = max(2, -(-reports // RUNGS))
        while plan.prune and plan.points > SPACING and step < reports:
            self._steps.append(step)
            step *= SPACING
        self._whole: list[tuple[float, int]] = []  # what they came to, the best first, and their numbers
        self._at: dict[int, dict[int, float]] = {}  # by number and rung
        self._telling: list[int] = []  # rungs at which whole trials stood in much the order in which they ended
        self._weighed = 0  # whole trials by which that was found

    def put(self, trial: TrialSeen) -> None:
        """Take in a trial that has ended; those that are not whole say nothing."""
        if trial.end != "done" or trial.value is None or trial.number in self._at:
            return
        steps = self._reached(trial.course, 0)
        if steps != self._steps:  # shorter than others, as with fewer epochs
            return
        self._at[trial.number] = {step: self._value(trial.course, step) for step in steps}
        insort(self._whole, (self._sign * trial.value, trial.number))
        if len(self._whole) >= max(FEWEST_WHOLE, self._weighed + self._weighed // _GROWN):
            self._weighed = len(self._whole)
            self._telling = [step for step in self._steps if self._order_at(step) >= LEAST_ORDER]

    def _order_at(self, step: int) -> float:
        return _rank_correlation([self._at[number][step] for _, number in self._whole], [v for v, _ in self._whole])

    def is_reached(self, course: Mapping[int, float], before: int) -> bool:
        """Whether a trial has come to a rung since it was last asked about.

        Args:
            course: its values by the number of the report, from 1.
            before: number of its last report then; 0 where there was none.
        """
        return bool(self._reached(course, before))

    def is_behind(self, course: Mapping[int, float], before: int) -> bool:
        """Whether a trial is to be ended at one of the rungs that it came to since it was last asked about.

        Args:
            course: its values by the number of the report, from 1.
            before: number of its last report then; 0 where there was none.
        """
        if len(self._whole) < FEWEST_WHOLE:
            return False
        good = [number for _, number in self._whole[: min(MOST_GOOD, math.ceil(GOOD * len(self._whole)))]]
        return any(
            self._value(course, step) > max(self._at[number][step] for number in good)
            for step in self._reached(course, before)
            if step in self._telling
        )

    def _reached(self, course: Mapping[int, float], before: int) -> list[int]:
        latest = max(course, default=0)
        return [step for step in self._steps if before < step <= latest]

    def _value(self, course: Mapping[int, float], step: int) -> float:
        """At the first report that is not before the rung, or the best up to it; the better the lower."""
        at = min(number for number in course if number >= step)
        if self._best:
            return min(self._sign * value for number, value in course.items() if number <= at)
        return self._sign * course[at]


def _rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's; 0 where one of the two has one value alone."""
    ranks = [_ranks(np.asarray(values, dtype=float)) for values in (first, second)]
    spread = float(ranks[0].std() * ranks[1].std())
    return float(np.mean((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean()))) / spread if spread else 0.0


def _ranks(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """From 0; equal values have the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    means = np.cumsum(counts) - (counts + 1) / 2
    return np.asarray(means[inverse], dtype=np.float64)
