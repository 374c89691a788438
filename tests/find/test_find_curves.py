"""Smoothing, stopping and extrapolating, on curves that are known."""

import math
from dataclasses import replace

import pytest

from wellfit.find.horizon import Point, centre, excess_at, extrapolate, levels, slope
from wellfit.find.leg import Leg
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


def test_a_run_that_still_learns_moves_its_rate_less_than_one_that_does_not() -> None:
    learning = [valley(-1.0, 10, low=1.0), valley(-1.0, 40, low=0.0)]
    learnt = [valley(-1.0, 10, low=0.0), valley(-1.0, 40, low=0.0)]
    assert slope(learning, 0.25) < slope(learnt, 0.25) < 1.0


def test_what_is_learnt_by_heart_leaves_nothing_to_learn() -> None:
    rungs = [valley(-1.0, 10, low=1.0), valley(-1.0, 40)]
    by_heart = [rungs[0], [replace(point, gap=0.5) for point in rungs[1]]]
    assert slope(rungs, 0.25) < slope(by_heart, 0.25)


def test_a_fall_that_is_seen_counts() -> None:
    still = [valley(-1.0, 10, low=1.0), valley(-1.0, 40)]
    falling = [valley(-0.6, 10, low=1.0), valley(-1.2, 40)]
    assert slope(falling, 0.25) > slope(still, 0.25)


def test_the_longer_the_run_the_lower_the_rate_and_the_wider_the_interval() -> None:
    rungs = [valley(-1.0, 10, low=1.0), valley(-1.2, 40)]
    near, far = (extrapolate(rungs, planned, learning=0.25, broke_at=0.5) for planned in (50, 5000))
    assert far.log < near.log
    assert far.high - far.low > near.high - near.low
    assert near.low < near.log < near.high


def test_excess_is_0_at_the_best_and_grows_away_from_it() -> None:
    rungs = [valley(-1.0, 10)]
    assert excess_at(-2.0, -2.0, rungs) == pytest.approx(0.0)
    assert excess_at(-3.0, -2.0, rungs) == pytest.approx(math.e - 1)


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
