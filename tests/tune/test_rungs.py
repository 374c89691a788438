"""Which trials are ended early, at which of their values."""

import pytest
from studies import plan_of

from wellfit.model.study import TrialSeen
from wellfit.tune.study.rungs import Rungs, report_every


def trial(number: int, course: dict[int, float], end: str | None = None) -> TrialSeen:
    return TrialSeen(number, number, 0, end, runs=end is None, values={}, course=course)  # type: ignore[arg-type]


def judged(rungs: Rungs, number: int, course: dict[int, float], before: int = 0) -> bool:
    rungs.put(trial(number, course))
    return rungs.is_behind(course, before)


@pytest.mark.parametrize("better", [False, True])
def test_the_best_third_of_those_that_came_there_goes_on(better: bool) -> None:
    rungs, sign = Rungs(plan_of(20, points=9, higher_is_better=better)), 1 if better else -1
    behind = [judged(rungs, number, {1: 0.0, 2: sign * float(number)}) for number in (5, 4, 6, 1, 7, 2)]
    assert behind == [False, True, False, True, False, True]


@pytest.mark.parametrize(
    ("points", "rungs"), [(3, ()), (4, (2,)), (9, (2, 6)), (27, (3, 9)), (640, (8, 24)), (6_400, (8, 24))]
)
def test_rungs_stand_at_thirds_of_thirds(points: int, rungs: tuple[int, ...]) -> None:
    plan = plan_of(4, points=points)
    reports = points // report_every(plan)
    reached = [n for n in range(1, reports + 1) if Rungs(plan).is_reached(dict.fromkeys(range(1, n + 1), 0.0), n - 1)]
    assert tuple(reached) == rungs


def test_nobody_is_ended_where_that_is_not_wanted() -> None:
    rungs = Rungs(plan_of(4, points=100, prune=False))
    assert not any(judged(rungs, number, {50: float(number)}) for number in range(5))


def test_a_rung_judges_once_and_by_the_value_there() -> None:
    rungs = Rungs(plan_of(20, points=9))
    for number in range(3):
        rungs.put(trial(number, {2: 1.0}, "done"))
    course = {1: 9.0, 2: 0.5, 3: 9.0}
    assert not judged(rungs, 7, course)
    assert not rungs.is_reached(course, 3)
    rungs.put(trial(7, {**course, 4: 9.0}))
    assert judged(rungs, 8, {2: 0.75}), "the other's value at the rung stays what it was"


def test_trials_that_failed_or_were_given_up_count_nowhere() -> None:
    rungs = Rungs(plan_of(20, points=9))
    for number, end in enumerate(("dead", "failed", "surplus")):
        rungs.put(trial(number, {2: 0.0}, end))
    assert not judged(rungs, 9, {2: 5.0})
