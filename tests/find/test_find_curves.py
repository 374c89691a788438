"""Smoothing, stopping and extrapolating, on curves that are known."""

import math

import pytest

from wellfit.find.budget import most_steps
from wellfit.find.excess import excess_at
from wellfit.find.horizon import LEARNT, Estimate, Point, centre, extrapolate, gain, levels, slope
from wellfit.find.leg import Leg
from wellfit.find.lr import steps_of, steps_of_a_pass
from wellfit.find.planned import planned_factor
from wellfit.find.sweep import has_broken, smoothed, spaced


def test_a_constant_loss_gives_a_flat_curve() -> None:
    assert list(smoothed([2.5] * 50)) == pytest.approx([2.5] * 50, rel=1e-12)


def test_the_first_smoothed_value_is_the_first_loss() -> None:
    assert next(smoothed([7.0, 1.0])) == pytest.approx(7.0)


def test_rates_are_spaced_by_equal_factors() -> None:
    rates = spaced(1e-6, 1.0, 7)
    assert [math.log10(rate) for rate in rates] == pytest.approx([-6, -5, -4, -3, -2, -1, 0])


@pytest.mark.parametrize("shift", [0.0, -10.0, 100.0])
def test_stopping_does_not_depend_on_the_sign(shift: float) -> None:
    falling = [2.3, 2.31, 2.29, 2.3, 2.3, 2.0, 1.5, 1.0]
    risen = [*falling, 3.0, 6.0, 9.0, 12.0]
    losses = [loss + shift for loss in falling]
    assert not any(has_broken(losses[:n], list(smoothed(losses[:n]))) for n in range(1, len(losses) + 1))
    losses = [loss + shift for loss in risen]
    assert has_broken(losses, list(smoothed(losses)))


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_what_is_not_finite_stops_at_once(loss: float) -> None:
    assert has_broken([loss], [loss])


def valley(best: float, steps: int, low: float = 0.0) -> list[Point]:
    return [Point(x / 2, low + (x / 2 - best) ** 2, steps) for x in range(-8, 5)]


def test_the_centre_of_a_parabola_is_found_between_its_points() -> None:
    assert centre(valley(-1.37, 10)) == pytest.approx(-1.37)


def test_the_best_at_an_end_is_taken_as_it_is() -> None:
    assert centre(valley(9.0, 10)) == 2.0


LEARNING = [valley(-1.0, 10, low=1.0), valley(-1.0, 40)]
STOPPED = [valley(-1.0, 10), valley(-1.0, 40)]


def test_a_run_that_still_learns_moves_its_rate_less_than_one_that_does_not() -> None:
    learning, stopped = (slope(rungs, 0.25, steps=400, epoch=40) for rungs in (LEARNING, STOPPED))
    assert 0.25 <= learning < stopped < LEARNT


def test_the_more_often_a_run_sees_its_data_the_further_its_rate_falls() -> None:
    falls = [slope(LEARNING, 0.25, steps=400, epoch=epoch) for epoch in (400, 40, 10, 4)]
    assert falls == sorted(falls)
    assert falls[1] < falls[2]


@pytest.mark.parametrize(("epoch", "fall"), [(1e4, 0.25), (1e-2, LEARNT)])
def test_one_pass_is_all_learning_and_a_thousand_are_none(epoch: float, fall: float) -> None:
    assert slope(LEARNING, 0.25, steps=400, epoch=epoch) == pytest.approx(fall)


def test_a_pass_of_unknown_length_is_taken_for_a_usual_one() -> None:
    few, unknown, many = (slope(STOPPED, 0.25, steps=400, epoch=epoch) for epoch in (1000, None, 10))
    assert few < unknown < many


@pytest.mark.parametrize(
    ("low", "expected"), [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.5 / math.log(4)), (1.0, 1 / math.log(4)), (9.0, 1.0)]
)
def test_a_gain_lies_between_nothing_and_all(low: float, expected: float) -> None:
    assert gain([valley(-1.0, 10, low=low), valley(-1.0, 40)]) == pytest.approx(expected)


def test_one_rung_alone_says_nothing_of_a_gain() -> None:
    assert 0 < gain([valley(-1.0, 10)]) < 1


def test_the_longer_the_run_the_lower_the_rate_and_the_wider_the_interval() -> None:
    rungs = [valley(-1.0, 10, low=1.0), valley(-1.2, 40)]
    near, far = (extrapolate(rungs, planned, learning=0.25, broke_at=0.5) for planned in (50, 5000))
    assert far.log < near.log
    assert far.high - far.low > near.high - near.low
    assert near.low < near.log < near.high


def best(log: float, steps: int) -> Estimate:
    return Estimate(log, log - 0.5, log + 0.5, steps)


@pytest.mark.parametrize("rungs", [LEARNING, STOPPED])
@pytest.mark.parametrize("log", [-2.5, -1.0, -0.5])
def test_the_rate_that_was_found_costs_nothing(rungs: list[list[Point]], log: float) -> None:
    assert excess_at(log, best(log, 400), rungs) == pytest.approx(0.0)


def test_a_rate_that_is_too_high_costs_what_its_leg_did() -> None:
    assert excess_at(-1.0, best(-2.0, 400), LEARNING) == pytest.approx(math.e - 1)


def test_a_rate_that_is_too_low_ends_where_a_leg_that_went_as_far_did() -> None:
    found, went = best(-2.0, 400), -2.5 + math.log10(400) - math.log10(40)
    assert excess_at(-2.5, found, STOPPED[1:]) == pytest.approx(math.exp((went + 1) ** 2) - 1, rel=0.2)
    assert excess_at(-2.5, found, STOPPED[1:]) < excess_at(-3.5, found, STOPPED[1:])


def test_the_gain_that_is_still_to_come_is_lost_to_rates_that_are_too_low() -> None:
    found = best(-1.2, 4000)
    assert excess_at(-1.7, found, LEARNING) > excess_at(-1.7, found, STOPPED) == pytest.approx(0.0)


@pytest.mark.parametrize("shift", [0.0, -50.0])
def test_legs_that_diverged_lie_above_all_others(shift: float) -> None:
    legs = [Leg(m, 10, loss + shift, 0.0) for m, loss in ((0.1, 2.0), (1.0, 1.0), (10.0, math.inf))]
    (points,) = levels(legs, 2.3 + shift)
    assert [p.level for p in points] == sorted((p.level for p in points), key=lambda v: (v != points[0].level, v))
    assert points[2].level > points[0].level > points[1].level
    assert all(math.isfinite(p.level) for p in points)


def test_planned_schedules() -> None:
    assert planned_factor(None, 10)(0.7) == 1.0
    assert planned_factor("linear", 100)(0.5) == pytest.approx(0.505)
    assert planned_factor(lambda share: 1 - share, 100)(0.25) == 0.75
    with pytest.raises(TypeError, match="got int"):
        planned_factor(3, 10)


BUDGETS = {64: 128, 128: 128, 129: 129, 1000: 1000, 1001: 1000, 5000: 1000, 5005: 1001, 100_000: 20_000}


@pytest.mark.parametrize(("planned", "budget"), BUDGETS.items())
def test_a_search_takes_one_run_then_a_thousand_steps_then_a_fifth(planned: int, budget: int) -> None:
    assert most_steps(planned) == budget


def test_a_pass_counts_optimizer_steps_where_its_length_is_known() -> None:
    assert steps_of_a_pass([0] * 10, 4) == 2.5
    assert steps_of_a_pass(iter([0]), 4) is None
    assert (steps_of([0] * 10, 4), steps_of(iter([0]), 4)) == (25, 0)
