"""Which trials are ended early where time counts for more than a winner that begins slowly: all but the best third.

Source:
    Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning (ASHA), algorithm 2,
    https://arxiv.org/abs/1810.05934; without its way back: who is behind once is not gone on with later.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Mapping

from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.tune.study.rungs import SPACING, Rungs

_SAY_NOTHING = frozenset({"dead", "failed", "surplus"})


class Halving(Rungs):
    """What all trials had come to at each rung, those under way and those ended there too.

    Args:
        plan: of the search.
    """

    def __init__(self, plan: StudyPlan) -> None:
        super().__init__(plan)
        self._standings: dict[int, list[float]] = {step: [] for step in self._steps}
        self._known: dict[int, set[int]] = {step: set() for step in self._steps}

    def put(self, trial: TrialSeen) -> None:
        """Take in what a trial has reported by now."""
        if trial.end in _SAY_NOTHING:
            return
        for step in self._reached(trial.course, 0):
            if trial.number not in self._known[step]:
                self._known[step].add(trial.number)
                insort(self._standings[step], _finite(self._value(trial.course, step)))

    def is_behind(self, course: Mapping[int, float], before: int) -> bool:
        """Whether a trial is outside of the best third at a rung that it came to since it was last asked about.

        Args:
            course: its values by the number of the report, from 1; taken in before.
            before: number of its last report then; 0 where there was none.
        """
        return any(self._is_outside(step, course) for step in self._reached(course, before))

    def _is_outside(self, step: int, course: Mapping[int, float]) -> bool:
        standings = self._standings[step]
        place = bisect_left(standings, _finite(self._value(course, step)))
        return place >= max(1, len(standings) // SPACING)


def _finite(value: float) -> float:
    """What is not finite stands last."""
    return value if math.isfinite(value) else math.inf


def rungs_of(plan: StudyPlan) -> Rungs:
    """The rule by which a search ends trials early."""
    return Halving(plan) if plan.halving else Rungs(plan)
