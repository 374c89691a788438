"""The shapes of loss curves on one batch, each on both sides of what separates it from another."""

import math

import pytest

from wellfit.digest.one_batch import read_course
from wellfit.model.events.deep import FirstLoss, OneBatchTrained

STEPS = tuple(range(100))


def first(floor: float = 0.0) -> FirstLoss:
    return FirstLoss("cross_entropy", None, 64, 2.3, math.log(10), 2.3, floor, 10, 0.0, 0.0, 0.0, "linear", False, 1, 1)


def trained(proper: list[float], losses: list[float] | None = None, floor: float = 0.0) -> OneBatchTrained:
    return OneBatchTrained(STEPS[: len(proper)], tuple(losses or proper), tuple(proper), first(floor))


FALLS = [2.3 * 0.9**step for step in STEPS]
TO_A_FLOOR = [0.5 + 1.8 * 0.9**step for step in STEPS]
SLOWLY = [2.3 - 0.01 * step for step in STEPS]
FLAT = [2.3 if step < 20 else 1.46 for step in STEPS]
SWINGS = [2.3 + 1.5 * (-1) ** step for step in STEPS]
UP = [2.3 + 0.02 * step for step in STEPS]
AWAY = [2.3 * (-1.2) ** step for step in STEPS]


@pytest.mark.parametrize(
    ("values", "floor", "shape"),
    [
        (FALLS, 0.0, "falls"),
        (TO_A_FLOOR, 0.5, "falls"),
        (TO_A_FLOOR, 0.0, "flat"),
        (SLOWLY, 0.0, "falling"),
        (FLAT, 0.0, "flat"),
        (SWINGS, 0.0, "swings"),
        (UP, 0.0, "rises"),
        ([abs(value) for value in AWAY], 0.0, "rises"),
        ([*FALLS[:50], *([50.0] * 50)], 0.0, "explodes"),
        ([*FALLS[:50], math.nan], 0.0, "explodes"),
    ],
)
def test_a_curve_has_a_shape(values: list[float], floor: float, shape: str) -> None:
    course = read_course(trained(values, floor=floor))
    assert course is not None
    assert course.shape == shape


def test_answers_that_get_worse_while_the_loss_falls_go_against_it() -> None:
    slowly_up = [2.3 + 0.0005 * step for step in STEPS]
    course = read_course(trained(slowly_up, [-value for value in slowly_up]))
    assert course is not None
    assert course.rises_against_own


@pytest.mark.parametrize("losses", [UP, FALLS])
def test_answers_that_go_the_way_of_the_loss_do_not(losses: list[float]) -> None:
    course = read_course(trained(losses))
    assert course is not None
    assert not course.rises_against_own


def test_noise_around_a_level_goes_against_nothing() -> None:
    noise = [2.3 + 0.01 * math.sin(7 * step) for step in STEPS]
    course = read_course(trained(noise, [-value for value in noise]))
    assert course is not None
    assert not course.rises_against_own


def test_without_a_first_value_there_is_no_curve() -> None:
    assert read_course(OneBatchTrained((), (), (), None)) is None
    assert read_course(OneBatchTrained((0,), (math.nan,), (), None)) is None
