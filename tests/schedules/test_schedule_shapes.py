"""What all schedules promise, held by one test that every one passes."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellfit.schedules.catalogue import SHAPES
from wellfit.schedules.curve import Curve
from wellfit.schedules.shape import Shape
from wellfit.schedules.shapes.multistep import multistep
from wellfit.schedules.shapes.wsd import wsd
from wellfit.schedules.warmup import KINDS

LENGTHS = (1, 2, 3, 10, 90, 1_000, 10**9)

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


def points(steps: int) -> list[int]:
    """All steps of a short run, and some of a long one with both ends."""
    stride = max(1, steps // 500)
    return sorted({*range(0, steps + 1, stride), *range(max(0, steps - 3), steps + 3)})


def warmed(shape: Shape, steps: int, kind: str) -> Curve:
    return Curve(shape.name, steps, 0 if shape.warms_itself else 0.1, warmup_kind=kind)


@every_shape
@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_schedule_keeps_its_promises(shape: Shape, steps: int, kind: str) -> None:
    curve = warmed(shape, steps, kind)
    factors = {step: curve.factor(step) for step in points(steps)}
    peak = curve.warmup_steps if shape.falls else min(round(0.3 * steps), steps - 1)
    assert all(0 < factor <= 1 and math.isfinite(factor) for factor in factors.values())
    assert curve.factor(peak) == 1.0
    rising = [factor for step, factor in factors.items() if step <= peak]
    falling = [factor for step, factor in factors.items() if step >= peak]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert factors[steps] == factors[steps + 1] == curve.factor(3 * steps)


@every_shape
@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("floor", [0.01, 0.1, 0.3])
def test_the_floor_is_reached_exactly_and_not_before(shape: Shape, steps: int, floor: float) -> None:
    assert shape.reaches_floor == ("min_ratio" in shape.options)
    if shape.reaches_floor:
        assert shape.factor(steps, steps, min_ratio=floor) == floor
        assert shape.factor(steps * 99 // 100, steps, min_ratio=floor) > floor


@every_shape
@pytest.mark.parametrize("kind", KINDS)
def test_the_handover_is_no_larger_than_a_step_of_the_warmup(shape: Shape, kind: str) -> None:
    curve = warmed(shape, 1_000, kind)
    before = curve.warmup_steps or 300
    rises = [curve.factor(step + 1) - curve.factor(step) for step in range(before)]
    assert rises[-1] <= max(rises)
    assert max(rises) < 0.05  # 100 steps of an exponential warmup from 0.01: the last is the largest, 0.045
    assert abs(curve.factor(before + 1) - curve.factor(before)) < 0.02


@every_shape
@settings(max_examples=40)
@given(steps=st.integers(1, 10**7), share=st.floats(0, 1.2), warmup=st.floats(0, 0.3))
def test_any_length_is_within_bounds(shape: Shape, steps: int, share: float, warmup: float) -> None:
    curve = Curve(shape.name, steps, 0 if shape.warms_itself or steps < 10 else warmup)
    assert 0 < curve.factor(round(share * steps)) <= 1
    assert curve.factor(curve.warmup_steps if shape.falls else min(round(0.3 * steps), steps - 1)) == 1.0


@pytest.mark.parametrize("steps", [90, 300])
def test_milestones_are_shares_of_the_run(steps: int) -> None:
    drops = [step for step in range(1, steps) if multistep(step, steps) < multistep(step - 1, steps)]
    assert drops == [steps // 3, 2 * steps // 3, round(8 * steps / 9)]


def test_milestones_count_the_warmup_in() -> None:
    curve = Curve("multistep", 90, warmup=5)
    assert curve.factor(29) == 1.0
    assert curve.factor(30) == 0.1


@pytest.mark.parametrize(("decay", "stable"), [(0.1, 900), (0.2, 800), (50, 950)])
def test_wsd_stays_until_its_decay(decay: float, stable: int) -> None:
    assert wsd(stable, 1_000, decay=decay) == 1.0
    assert wsd(stable + 1, 1_000, decay=decay) < 1.0


def test_a_linear_warmup_starts_one_of_its_steps_above_nothing() -> None:
    curve = Curve("constant", 100, warmup=4)
    assert [curve.factor(step) for step in range(5)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_an_exponential_warmup_grows_by_one_factor() -> None:
    curve = Curve("constant", 100, warmup=4, warmup_kind="exponential", warmup_start=0.0625)
    assert [curve.factor(step) for step in range(5)] == [0.0625, 0.125, 0.25, 0.5, 1.0]


def test_the_warmup_sets_the_time_scale_of_inverse_sqrt() -> None:
    curve = Curve("inverse_sqrt", 10_000, warmup=100)
    assert curve.factor(400) == pytest.approx(math.sqrt(100 / 400))
    assert Curve("inverse_sqrt", 10_000, warmup=100, options={"timescale": 300}).factor(400) == pytest.approx(0.5**0.5)


MISTAKES = {
    "steps must be a whole number >= 1, got 0": {"steps": 0},
    "steps must be a whole number >= 1, got -5": {"steps": -5},
    "unknown schedule 'cosin'; did you mean 'cosine'?": {"name": "cosin"},
    "shorter than the run of 100 steps, got 100": {"warmup": 100},
    "got 1.5; steps are given as an int": {"warmup": 1.5},
    "warmup must be >= 0": {"warmup": -1},
    "unknown warmup_kind 'linaer'; did you mean 'linear'?": {"warmup_kind": "linaer"},
    "warmup_start must lie in (0, 1], got 0": {"warmup": 5, "warmup_start": 0},
    "cosine has no option 'min_ration'; did you mean 'min_ratio'?": {"options": {"min_ration": 0.1}},
    "min_ratio must lie in [0, 1), got 1.0": {"options": {"min_ratio": 1.0}},
    "min_ratio must lie in (0, 1), got 0": {"name": "exponential", "options": {"min_ratio": 0}},
    "power must be > 0, got 0": {"name": "polynomial", "options": {"power": 0}},
    "milestones must be shares of the run in (0, 1), got (30, 60)": {
        "name": "multistep",
        "options": {"milestones": (30, 60)},
    },
    "milestones must ascend, got (0.6, 0.3)": {"name": "multistep", "options": {"milestones": (0.6, 0.3)}},
    "gamma must lie in (0, 1), got 10": {"name": "multistep", "options": {"gamma": 10}},
    "decay must be a share in (0, 1) or 1 to 100 steps, got 200": {"name": "wsd", "options": {"decay": 200}},
    "decay_kind must be one of linear, cosine, 1-sqrt, got 'sqrt'": {"name": "wsd", "options": {"decay_kind": "sqrt"}},
    "timescale must be > 0, got 0": {"name": "inverse_sqrt", "options": {"timescale": 0}},
    "rise must lie in (0, 1), got 1.0": {"name": "one_cycle", "options": {"rise": 1.0}},
    "one_cycle rises by itself: warmup must be 0, got 5": {"name": "one_cycle", "warmup": 5},
    "warmup must end before multistep first falls, got 50 of 100 steps": {"name": "multistep", "warmup": 50},
    "warmup must end before wsd first falls, got 95 of 100 steps": {"name": "wsd", "warmup": 95},
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_a_mistake_is_named(sentence: str) -> None:
    arguments = {"name": "cosine", "steps": 100, **MISTAKES[sentence]}
    with pytest.raises(ValueError) as raised:
        Curve(**arguments)
    assert sentence in str(raised.value)


def test_all_mistakes_of_a_call_are_named_at_once() -> None:
    with pytest.raises(ValueError) as raised:
        Curve("cosine", 10, warmup=10, warmup_kind="log", options={"min_ratio": 2, "powr": 1})
    assert all(name in str(raised.value) for name in ("warmup must", "warmup_kind", "min_ratio", "powr"))


@every_shape
def test_a_step_before_the_run_is_refused(shape: Shape) -> None:
    with pytest.raises(ValueError, match=r"step must be >= 0, got -1; total must be >= 1, got 0"):
        shape.factor(-1, 0)
