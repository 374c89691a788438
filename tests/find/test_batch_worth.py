"""The knee of the throughput, the noise scale and what moves with a batch size, from numbers alone."""

import math
import random

import pytest

from wellfit.find.batch_size.knee import knee
from wellfit.find.batch_size.moves import lr_factor, moves
from wellfit.find.batch_size.noise_scale import GradientNorms, noise_scale, student_quantile
from wellfit.find.batch_size.probe import Probe


def timed(*pairs: tuple[int, float]) -> list[Probe]:
    return [Probe(size, 0, None, seconds) for size, seconds in pairs]


def test_the_knee_is_the_smallest_size_within_a_tenth_of_the_best() -> None:
    found = knee(timed((1, 0.01), (8, 0.01), (64, 0.02), (128, 0.038), (512, 0.15)))
    assert (found.size, found.best, found.grows) == (64, 512, False)
    assert found.examples_per_s >= 0.9 * max(point.examples_per_s for point in found.curve)
    smaller = [p for p in found.curve if p.size < found.size]
    assert all(p.examples_per_s < 0.9 * 512 / 0.15 for p in smaller)


def test_a_curve_that_still_grows_says_so() -> None:
    assert knee(timed((1, 0.01), (8, 0.01), (64, 0.01))).grows


def test_failed_and_untimed_runs_have_no_throughput() -> None:
    assert knee([Probe(8, 0, "out of memory"), Probe(4, 0), Probe(2, 0, None, 0.1)]) is None


def test_the_drawing_marks_the_knee() -> None:
    lines = knee(timed((1, 0.01), (8, 0.02), (64, 0.16))).plot().splitlines()
    assert [line.endswith("<- knee") for line in lines] == [False, True, False]


def gradients(signal: float, noise: float, steps: int, seed: int, dimensions: int = 200) -> list[GradientNorms]:
    """Squared norms of means of draws of a normal gradient: one of 64 rows and its parts of 8."""
    rng, small, parts = random.Random(seed), 8, 8
    mean, spread = math.sqrt(signal / dimensions), math.sqrt(noise / dimensions / small)
    norms = []
    for _ in range(steps):
        rows = [[rng.gauss(mean, spread) for _ in range(dimensions)] for _ in range(parts)]
        whole = [sum(column) / parts for column in zip(*rows, strict=True)]
        small_squared = sum(v * v for row in rows for v in row) / parts
        norms.append(GradientNorms(small, small * parts, small_squared, sum(v * v for v in whole)))
    return norms


@pytest.mark.parametrize("true", [20.0, 100.0, 500.0])
def test_the_estimate_hits_the_true_scale(true: float) -> None:
    found = noise_scale(gradients(1.0, true, 40, seed=1))
    assert 0.8 * true < found.size < 1.25 * true
    assert found.low < found.size < found.high


def test_the_interval_covers_as_often_as_it_says() -> None:
    found = [noise_scale(gradients(1.0, 300.0, 8, seed)) for seed in range(100)]
    covered = sum(bool(f) and f.low <= 300.0 <= f.high for f in found)
    assert 82 <= covered <= 98


def shrunk(norms: list[GradientNorms], factor: float) -> list[GradientNorms]:
    return [GradientNorms(n.small, n.big, factor * n.small_squared, factor * n.big_squared) for n in norms]


def test_places_count_by_progress_and_not_by_the_length_of_their_gradients() -> None:
    """Steps of 8 get 1 / (1 + scale / 8) as far as full ones: 0.444 of them at a scale of 10, 0.0079 at 1000."""
    early, late = gradients(1.0, 10.0, 200, seed=1), gradients(1.0, 1000.0, 200, seed=2)
    expected = (10 * 0.4444 + 1000 * 0.007937) / (0.4444 + 0.007937)
    for factor in (1.0, 1e-4):
        assert noise_scale(early + shrunk(late, factor)).size == pytest.approx(expected, rel=0.15)


def test_gradients_of_few_dimensions_are_not_biased() -> None:
    """In units of its own place alone it is a sixth too high in one dimension."""
    norms = gradients(1.0, 16.0, 3000, seed=0, dimensions=1)
    alone = [n.noise / n.small_squared for n in norms], [n.signal / n.small_squared for n in norms]
    assert sum(alone[0]) / sum(alone[1]) > 1.1 * 16
    assert noise_scale(norms).size == pytest.approx(16.0, rel=0.05)


def drawn_apart(rows: list[float], small: int, parts: int, steps: int) -> list[GradientNorms]:
    """Of gradients in one dimension, one a row: no row is in two batches of a place."""
    rng, norms = random.Random(5), []
    for _ in range(steps):
        picked = rng.sample(rows, small * parts)
        means = [sum(picked[i : i + small]) / small for i in range(0, len(picked), small)]
        whole = sum(means) / parts
        norms.append(GradientNorms(small, small * parts, sum(m * m for m in means) / parts, whole * whole))
    return norms


@pytest.mark.parametrize("spread", [3.0, 8.0, 20.0])
def test_of_rows_that_are_not_repeated_the_size_stays_below_their_number(spread: float) -> None:
    """With the critical size B: 1 + scale * (1 / B - 1 / rows) is 2."""
    rng, count = random.Random(6), 100
    rows = [rng.gauss(1.0, spread) for _ in range(count)]
    mean = sum(rows) / count
    scale = sum((row - mean) ** 2 for row in rows) / (count - 1) / mean**2
    found = noise_scale(drawn_apart(rows, 8, 8, 4000), count)
    assert found.size == pytest.approx(scale * count / (scale + count), rel=0.1)
    assert found.low < found.size < found.high


def test_more_rows_in_a_batch_than_there_are() -> None:
    with pytest.raises(ValueError, match=r"with 60 rows at most, got \(8, 64\)"):
        noise_scale([GradientNorms(8, 64, 1.0, 1.0)], 60)


def test_places_without_a_gradient_are_left_out() -> None:
    norms = gradients(1.0, 100.0, 40, seed=1)
    still = [GradientNorms(8, 64, 0.0, 0.0)] * 40
    assert noise_scale(norms + still).size == noise_scale(norms).size
    assert noise_scale(still).reason == "0 steps, of 4"


def test_a_gradient_that_is_noise_alone_is_refused() -> None:
    found = noise_scale(gradients(0.0, 100.0, 20, seed=3))
    assert not found
    assert found.high == math.inf
    assert "cannot be told from 0 after 20 steps" in found.reason


def test_too_few_steps_are_refused() -> None:
    assert noise_scale(gradients(1.0, 10.0, 3, seed=0)).reason == "3 steps, of 4"
    assert not noise_scale([])


def test_gradients_that_are_not_finite_are_refused() -> None:
    assert noise_scale([GradientNorms(1, 2, math.nan, 1.0)] * 5).reason == "gradients are not finite"


def test_sizes_must_differ() -> None:
    with pytest.raises(ValueError, match=r"got \(4, 4\)"):
        noise_scale([GradientNorms(4, 4, 1.0, 1.0)])


def test_quantiles_of_students_distribution() -> None:
    assert student_quantile(0.95, 5) == pytest.approx(2.015, rel=0.01)
    assert student_quantile(0.95, 30) == pytest.approx(1.697, rel=0.001)


def test_the_rate_follows_up_to_the_critical_batch() -> None:
    assert lr_factor(32, 512, "linear", critical=128) == 4
    assert lr_factor(32, 512, "square root", critical=128) == 2
    assert lr_factor(512, 1024, "linear", critical=128) == 1
    assert lr_factor(128, 32, "linear") == 0.25


def test_a_size_that_shrinks_is_accumulated() -> None:
    found = moves(128, 32, optimizer="SGD", examples=1280)
    assert (found.accumulate, found.effective, found.lr_factor, found.steps_per_epoch) == (4, 128, 1.0, 10)
    assert not found.warnings


def test_accumulation_there_was_is_counted() -> None:
    found = moves(16, 64, optimizer="AdamW", accumulate=4)
    assert (found.accumulate, found.lr_factor) == (1, 1.0)


def test_a_larger_step_is_to_be_tuned_anew() -> None:
    assert any("tune them anew" in warning for warning in moves(32, 64, optimizer="SGD").warnings)


def test_an_unknown_optimizer_has_no_rule() -> None:
    found = moves(32, 64, optimizer="Muon")
    assert found.lr_factor is None
    assert any("no rule is known" in warning for warning in found.warnings)


def test_dropping_the_only_batch() -> None:
    found = moves(32, 256, optimizer="SGD", examples=200, drop_last=True)
    assert found.steps_per_epoch == 0
    assert any("leaves no batch in an epoch" in warning for warning in found.warnings)


def test_batch_norm_and_a_last_batch_of_one() -> None:
    warned = moves(32, 64, optimizer="SGD", examples=129, batch_norm=True).warnings
    assert any("end with 1, on which batch norm fails" in warning for warning in warned)
    assert not any("batch norm fails" in w for w in moves(32, 64, optimizer="SGD", examples=129).warnings)
    kept = moves(32, 64, optimizer="SGD", examples=129, drop_last=True, batch_norm=True)
    assert (kept.remainder, kept.steps_per_epoch) == (0, 2)
    assert not any("batch norm fails" in warning for warning in kept.warnings)


def test_sizes_below_one() -> None:
    with pytest.raises(ValueError, match="must be >= 1, got 0, 4 and 1"):
        moves(0, 4, optimizer="SGD")
