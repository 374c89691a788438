"""From paired scores to an interval: known answers, and how often it covers the truth."""

import math

import numpy as np
import pytest

from wellfit.model.score import Score
from wellfit.prove.effect import effects, quantile


def classified(correct: int, rows: int = 400, loss: float = 0.5) -> Score:
    return Score("classification", rows, loss * rows, loss * loss * rows, correct)


def test_the_interval_is_students_over_the_differences() -> None:
    before = [classified(200), classified(220), classified(210)]
    after = [classified(280), classified(290), classified(300)]
    effect = next(e for e in effects(before, after, paired=True) if e.metric == "accuracy")
    differences = np.array([80, 70, 90]) / 400
    half = 4.303 * differences.std(ddof=1) / math.sqrt(3)
    assert effect.interval == pytest.approx((0.2 - half, 0.2, 0.2 + half))
    assert effect.verdict == "helps"


def test_equal_runs_have_no_effect() -> None:
    same = [classified(200), classified(220), classified(210)]
    assert {effect.verdict for effect in effects(same, same, paired=True)} == {"no measurable effect"}


def test_seeds_that_agree_by_chance_do_not_make_an_interval_of_no_width() -> None:
    before, after = [classified(200)] * 3, [classified(202)] * 3
    effect = next(e for e in effects(before, after, paired=True) if e.metric == "accuracy")
    assert effect.interval[2] - effect.interval[0] > 0.005


def test_a_lower_loss_helps_and_a_lower_accuracy_hurts() -> None:
    before = [classified(300, loss=1.0), classified(301, loss=1.01), classified(302, loss=1.02)]
    after = [classified(200, loss=0.5), classified(201, loss=0.51), classified(202, loss=0.52)]
    verdicts = {effect.metric: effect.verdict for effect in effects(before, after, paired=True)}
    assert verdicts == {"accuracy": "hurts", "cross-entropy": "helps"}


def test_where_the_accuracy_is_silent_the_proper_loss_decides() -> None:
    before = [classified(399, loss=0.9), classified(399, loss=0.91), classified(399, loss=0.92)]
    after = [classified(399, loss=0.2), classified(399, loss=0.21), classified(399, loss=0.22)]
    assert effects(before, after, paired=True)[0].metric == "cross-entropy"


def test_a_single_pair_stands_on_its_rows() -> None:
    (effect, *_) = effects([classified(200)], [classified(320)], paired=True)
    assert effect.interval[0] > 0
    assert effect.interval[2] - effect.interval[0] > 0.1


@pytest.mark.parametrize("paired", [True, False])
def test_intervals_cover_the_true_effect(paired: bool) -> None:
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        shared = draw.normal(0, 20, 3) if paired else np.zeros(3)
        before = [classified(round(200 + s + draw.normal(0, 8))) for s in shared]
        after = [classified(round(240 + s + draw.normal(0, 8))) for s in shared]
        low, _, high = next(e for e in effects(before, after, paired=paired) if e.metric == "accuracy").interval
        covered += low <= 0.1 <= high
    assert 0.93 <= covered / 1000 <= 1.0


def test_quantiles_are_students() -> None:
    assert quantile(2) == 4.303
    assert quantile(15) == 2.131
    assert 1.96 < quantile(40) < 2.05
