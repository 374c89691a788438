"""Which trials are ended early, at which of their values."""

from dataclasses import replace

import pytest
from studies import plan_of

from wellfit.model.study import TrialSeen
from wellfit.tune.study.halving import Halving
from wellfit.tune.study.halving import rungs_of as rule_of
from wellfit.tune.study.rungs import FEWEST_WHOLE, MOST_GOOD, Rungs, report_every


def trial(number: int, course: dict[int, float], end: str = "done", value: float | None = None) -> TrialSeen:
    value = course[max(course)] if value is None else value
    return TrialSeen(number, number, 0, end, runs=False, values={}, value=value, course=course)  # type: ignore[arg-type]


def rungs_of(whole: list[dict[int, float]], **more: object) -> Rungs:
    rungs = Rungs(replace(plan_of(20, points=9), **more))  # type: ignore[arg-type]
    for number, course in enumerate(whole):
        rungs.put(trial(number, course))
    return rungs


def fast(value: float) -> dict[int, float]:
    """A trial that is at its end at once."""
    return {2: value, 6: value, 9: value}


TEN = [fast(float(value)) for value in range(10)]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_trial_is_ended_behind_all_that_ended_well(sign: float) -> None:
    whole = [{step: sign * value for step, value in course.items()} for course in TEN]
    rungs = rungs_of(whole, higher_is_better=sign < 0)
    assert rungs.is_behind({1: 0.0, 2: sign * 4.5}, 0)
    assert not rungs.is_behind({1: 0.0, 2: sign * 3.5}, 0)


def test_one_that_was_slow_and_ended_well_lets_other_slow_ones_pass() -> None:
    slow = {2: 50.0, 6: 20.0, 9: -1.0}
    rungs = rungs_of([*(fast(float(value)) for value in range(20)), slow])
    assert not rungs.is_behind({2: 49.0}, 0)
    assert rungs.is_behind({2: 51.0}, 0)
    assert rungs.is_behind({2: 49.0, 6: 21.0}, 2)


def test_nobody_is_ended_before_there_are_whole_ones_to_be_held_against() -> None:
    for count in range(FEWEST_WHOLE):
        assert not rungs_of(TEN[:count]).is_behind({2: 99.0}, 0)
    assert rungs_of(TEN[:FEWEST_WHOLE]).is_behind({2: 99.0}, 0)


def test_of_many_good_ones_the_best_count() -> None:
    rungs = rungs_of([fast(float(value)) for value in range(100)])
    assert rungs.is_behind({2: MOST_GOOD - 0.5}, 0)
    assert not rungs.is_behind({2: MOST_GOOD - 1.5}, 0)


@pytest.mark.parametrize("end", ["dead", "failed", "surplus", "pruned", "diverged"])
def test_trials_that_are_not_whole_say_nothing(end: str) -> None:
    rungs = rungs_of(TEN)
    for number in range(20, 40):
        rungs.put(trial(number, {2: 90.0}, end, value=-5.0))
    assert rungs.is_behind({2: 80.0}, 0)


@pytest.mark.parametrize(
    ("points", "rungs"), [(3, ()), (4, (2,)), (9, (2, 6)), (27, (3, 9)), (640, (8, 24)), (6_400, (8, 24))]
)
def test_rungs_stand_at_thirds_of_thirds(points: int, rungs: tuple[int, ...]) -> None:
    plan = plan_of(4, points=points)
    reports = points // report_every(plan)
    reached = [n for n in range(1, reports + 1) if Rungs(plan).is_reached(dict.fromkeys(range(1, n + 1), 0.0), n - 1)]
    assert tuple(reached) == rungs


def test_a_rung_that_says_nothing_of_the_end_ends_nobody() -> None:
    shuffled = [{2: float(7 * number % 10), 6: float(number), 9: float(number)} for number in range(10)]
    rungs = rungs_of(shuffled)
    assert not rungs.is_behind({2: 99.0}, 0)
    assert rungs.is_behind({2: 0.0, 6: 99.0}, 2)


def test_nobody_is_ended_where_all_end_alike() -> None:
    assert not rungs_of([{2: float(number), 6: 1.0, 9: 1.0} for number in range(20)]).is_behind({2: 99.0}, 0)


def test_nobody_is_ended_where_that_is_not_wanted() -> None:
    assert not rungs_of(TEN, prune=False).is_behind({2: 99.0, 6: 99.0}, 0)


def test_a_rung_judges_once_and_by_the_value_there() -> None:
    rungs = rungs_of(TEN)
    course = {1: 9.0, 2: 0.5, 3: 99.0}
    assert not rungs.is_behind(course, 0)
    assert not rungs.is_reached(course, 3)


def test_where_the_best_value_of_a_run_counts_it_is_the_best_so_far_that_is_held_against_others() -> None:
    rungs = rungs_of(TEN, take="best")
    assert not rungs.is_behind({1: 0.0, 2: 99.0}, 0)
    assert rungs.is_behind({1: 50.0, 2: 99.0}, 0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_halving_lets_the_best_third_pass_whether_or_not_they_have_ended(sign: float) -> None:
    rungs = rule_of(replace(plan_of(20, points=9), halving=True, higher_is_better=sign < 0))
    assert isinstance(rungs, Halving)
    for number in range(6):
        course = {1: 0.0, 2: sign * number}
        rungs.put(replace(trial(number, course), end=None if number % 2 else "pruned", value=None))
    assert [rungs.is_behind({1: 0.0, 2: sign * number}, 0) for number in range(6)] == [False] * 2 + [True] * 4
    assert not rungs.is_behind({1: 0.0, 2: sign * 5.0}, 2), "it has passed that rung"


def test_halving_passes_the_first_and_ends_what_is_not_finite() -> None:
    rungs = rule_of(replace(plan_of(20, points=9), halving=True))
    for number, value in enumerate((3.0, float("nan"), 2.0)):
        rungs.put(replace(trial(number, {2: value}, value=0.0), end=None))
        assert rungs.is_behind({2: value}, 0) is (number == 1)


@pytest.mark.parametrize("end", ["dead", "failed", "surplus"])
def test_halving_holds_nobody_against_what_came_to_nothing(end: str) -> None:
    rungs = rule_of(replace(plan_of(20, points=9), halving=True))
    rungs.put(trial(0, {2: 1.0}, end))
    rungs.put(replace(trial(1, {2: 5.0}), end=None))
    assert not rungs.is_behind({2: 5.0}, 0)
