"""What is said of knobs is right where it is said, and nothing is said where chance would do as well."""

import math
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.tune.outcome.importance import importance
from wellfit.tune.outcome.interactions import interactions

KNOBS = tuple(Knob(name, low=0.0, high=1.0) for name in ("a", "b", "c", "d"))
PLAN = StudyPlan("s", ("python", "t.py"), "/", "t.py", KNOBS, "val_loss", higher_is_better=False)

Function = Callable[[float, float, float, float], float]

SUMS: Sequence[Function] = (
    lambda a, b, c, _: (a - 0.3) ** 2 + 0.5 * (b - 0.6) ** 2 + 0.3 * (c - 0.2) ** 2 + 0.1,
    lambda a, b, c, _: 10 * max(0.0, a - 0.6) ** 2 + 0.6 * (a - 0.5) ** 2 + abs(b - 0.4) + 0.3 * c,
    lambda a, b, c, d: math.exp(3 * (a - 0.5)) + 0.7 * math.exp(-4 * b) + 0.8 * (c - 0.5) ** 2 + 0.2 * d,
    lambda a, b, c, _: math.exp(6 * (a - 0.3) ** 2 + 0.8 * (b - 0.6) ** 2 + 0.3 * c),
)
"""The knobs hang on one another in none of these, or in their logarithm alone."""


def drawn(function: Function, seed: int, count: int, noise: float = 0.1) -> list[TrialSeen]:
    rng = np.random.default_rng(seed)
    found = []
    for slot in range(count):
        at = [float(value) for value in rng.uniform(size=4)]
        value = function(*at) * math.exp(noise * rng.normal())
        values = dict(zip("abcd", at, strict=True))
        found.append(TrialSeen(slot, slot, 0, "done", runs=False, values=values, value=value))
    return found


def bowl(a: float, b: float, c: float, _: float) -> float:
    return 0.2 + (a - 0.3) ** 2 + 0.1 * (b - 0.6) ** 2 + 0.05 * c**2


def test_what_is_told_first_is_what_matters_most() -> None:
    for count in (16, 24, 100):
        found = [importance(PLAN, drawn(bowl, seed, count)) for seed in range(12)]
        told = [next(iter(one.shares)) for one in found if one.shares]
        assert set(told) <= {"a"}
        assert len(told) >= (6 if count > 16 else 1)


def test_intervals_hold_the_share_and_narrow_with_trials() -> None:
    few, many = (importance(PLAN, drawn(bowl, 1, count)) for count in (24, 200))
    for one in (few, many):
        assert all(one.within[key][0] <= share <= one.within[key][1] for key, share in one.shares.items())
    assert np.diff(many.within["a"]) < np.diff(few.within["a"])


def test_where_nothing_matters_nothing_is_told() -> None:
    found = [importance(PLAN, drawn(lambda *_: 1.0, seed, 40)) for seed in range(20)]
    assert sum(bool(one.shares) for one in found) <= 1
    assert all(one.within and one.leads is not None for one in found)


def test_few_trials_and_single_knobs_are_told_nothing_of() -> None:
    assert importance(PLAN, drawn(bowl, 0, 15)).leads is None
    alone = StudyPlan("s", ("python", "t.py"), "/", "t.py", KNOBS[:1], "val_loss", higher_is_better=False)
    assert importance(alone, drawn(bowl, 0, 100)).leads is None


def test_trials_that_were_ended_early_count_as_behind() -> None:
    trials = drawn(lambda a, *_: 1 + a, 3, 60)
    ended = [TrialSeen(t.number, t.slot, 0, "pruned", runs=False, values=t.values) for t in trials]
    mixed = [whole if whole.values["a"] < 0.4 else early for whole, early in zip(trials, ended, strict=True)]
    assert importance(PLAN, mixed).shares["a"] > 0.9


def test_a_choice_can_matter_most() -> None:
    plan = StudyPlan("s", (), "", "", (Knob("k", choices=("x", "y", "z")), KNOBS[0]), "acc", higher_is_better=True)
    rng = np.random.default_rng(0)
    trials = [
        TrialSeen(
            n, n, 0, "done", runs=False, values={"k": "xyz"[n % 3], "a": float(rng.uniform())}, value=float(n % 3)
        )
        for n in range(45)
    ]
    assert importance(plan, trials).shares["k"] > 0.9


@pytest.mark.parametrize("function", range(len(SUMS)))
def test_single_effects_with_noise_make_no_pair(function: int) -> None:
    cases = [drawn(SUMS[function], seed, count) for seed in range(25) for count in (24, 40, 80)]
    told = sum(any(pair.is_told for pair in interactions(PLAN, trials)[0]) for trials in cases)
    assert told <= 0.05 * len(cases)


@pytest.mark.parametrize(("turn", "replaces"), [(1.0, True), (-1.0, False)])
def test_a_pair_that_hangs_together_is_told_with_its_direction(turn: float, replaces: bool) -> None:
    def ridge(a: float, b: float, c: float, _: float) -> float:
        return 0.3 + 2 * (a - 0.5 + turn * (b - 0.5)) ** 2 + 0.5 * (a - 0.4) ** 2 + 0.3 * c

    found = [interactions(PLAN, drawn(ridge, seed, 48))[0] for seed in range(10)]
    told = [pair for pairs in found for pair in pairs if pair.is_told]
    assert len(told) >= 8
    assert {(pair.first, pair.second, pair.replaces) for pair in told} == {("a", "b", replaces)}


def test_what_they_come_to_needs_no_engine_and_no_forest() -> None:
    code = (
        "import sys, wellfit.tune.outcome.importance, wellfit.tune.outcome.interactions;"
        "assert not {'optuna', 'sklearn', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
