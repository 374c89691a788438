"""Which trials are ended early: of those that have come to a rung, the best third goes on.

Source:
    Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning (ASHA), algorithm 2,
    https://arxiv.org/abs/1810.05934
"""

from bisect import bisect_left, insort
from collections.abc import Mapping

from wellfit.model.study import StudyPlan, TrialSeen

SHARE_KEPT = 3
"""One trial in so many goes on at each rung."""

WORTH_PRUNING_S = 10.0
"""Seconds of a run from which on ending trials early is worth what whole ones would tell of the knobs together."""

RUNGS = 9
"""The first rung stands behind so many parts of a whole run, one of them; but never at the very first value."""

MOST_REPORTS = 64
"""Values of one trial that are kept in the study; its record has all of them."""

_SAY_NOTHING = frozenset({"dead", "failed", "surplus"})


def report_every(plan: StudyPlan) -> int:
    """Values of the metric of which one is reported."""
    return max(1, plan.points // MOST_REPORTS)


class Rungs:
    """What trials have come to at each rung.

    Args:
        plan: of the search.
    """

    def __init__(self, plan: StudyPlan) -> None:
        self._sign = -1.0 if plan.higher_is_better else 1.0
        reports = plan.points // report_every(plan)
        self._steps: list[int] = []
        step = max(2, -(-reports // RUNGS))
        while plan.prune and plan.points > SHARE_KEPT and step < reports:
            self._steps.append(step)
            step *= SHARE_KEPT
        self._values: dict[int, list[float]] = {step: [] for step in self._steps}
        self._known: dict[int, set[int]] = {step: set() for step in self._steps}

    def put(self, trial: TrialSeen) -> None:
        """Take in the values that a trial has reported by now."""
        if trial.end in _SAY_NOTHING or not trial.course:
            return
        for step in self._reached(trial.course, 0):
            if trial.number not in self._known[step]:
                self._known[step].add(trial.number)
                insort(self._values[step], self._value(trial.course, step))

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
            course: its values by the number of the report, from 1; taken in before.
            before: number of its last report then; 0 where there was none.
        """
        for step in self._reached(course, before):
            competing = self._values[step]
            place = bisect_left(competing, self._value(course, step))
            if place >= max(1, len(competing) // SHARE_KEPT):
                return True
        return False

    def _reached(self, course: Mapping[int, float], before: int) -> list[int]:
        latest = max(course, default=0)
        return [step for step in self._steps if before < step <= latest]

    def _value(self, course: Mapping[int, float], step: int) -> float:
        """At the first report that is not before the rung, the better the lower."""
        return self._sign * course[min(number for number in course if number >= step)]
