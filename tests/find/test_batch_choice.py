"""Which size is taken of those that were timed, and what a script's own size becomes where it does not fit."""

import pytest

from wellfit.find.batch_script.choose import shrunk, soonest, times_to_target
from wellfit.model.events.batch import SizeClimbed


def climbed(*seconds: float, first: int = 16, draws: int = 1) -> list[SizeClimbed]:
    return [SizeClimbed(first << rung, draws, 5, s, None) for rung, s in enumerate(seconds)]


def test_throughput_alone_takes_the_knee() -> None:
    flat = climbed(1.0, 1.0, 1.0, 2.0, 4.0)
    assert soonest(flat, None, present=16, effective=16, most=256) == 64


def test_small_critical_size_keeps_batches_small() -> None:
    flat = climbed(1.0, 1.2, 2.4, 4.8)
    assert soonest(flat, 2.0, present=16, effective=16, most=128) == 16
    assert soonest(flat, 1e6, present=16, effective=16, most=128) == 32


def test_time_follows_the_law_of_steps() -> None:
    times = times_to_target(climbed(1.0, 1.0), 32.0, 16)
    assert times == [pytest.approx((1 + 32 / 16) / (1 + 32 / 32)), 1.0]


def test_nothing_below_the_present_size_or_above_what_fits() -> None:
    falling = climbed(1.0, 4.0, 16.0)
    assert soonest(falling, 8.0, present=32, effective=32, most=64) == 32
    assert soonest(climbed(1.0, 1.0, 1.0), None, present=16, effective=16, most=32) == 32
    assert soonest(falling, None, present=128, effective=128, most=256) is None


def test_smaller_batches_are_accumulated_to_the_same_step() -> None:
    """Four batches of 16 take as long as one of 64 that takes four times as long: no reason to change."""
    same = climbed(4.0, 8.0, 16.0, draws=4)
    assert times_to_target(same, 100.0, 64) == [pytest.approx(1.0)] * 3
    assert soonest(same, 100.0, present=16, effective=64, most=64) == 16


@pytest.mark.parametrize(
    ("present", "most", "size"), [(64, 40, 32), (64, 32, 32), (96, 50, 48), (97, 50, 50), (10, 1, 1), (30, 14, 10)]
)
def test_size_that_does_not_fit_is_divided(present: int, most: int, size: int) -> None:
    assert shrunk(present, most) == size
