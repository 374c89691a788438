"""The verdict as a pure function of the scores: both sides of each threshold."""

from dataclasses import replace
from typing import Any

import pytest

from wellfit.digest.fit import FEWEST_DUE, fold_fit
from wellfit.judge import CURE_FIRST, put_cures_first
from wellfit.model.events.fit import FitRefused, FitScored
from wellfit.model.events.run import Counted, Tracked
from wellfit.model.log import EventLog
from wellfit.model.report import Fit
from wellfit.model.rule import Severity, Verdict
from wellfit.model.score import Score


def right(correct: int, rows: int) -> Score:
    return Score("classification", rows, float(rows), float(rows), correct)


def errors(score: Score) -> dict[str, float]:
    return {metric: score.standard_error(metric) for metric in ("accuracy", "cross-entropy")}


def scored(train: Score, validation: Score, **changes: Any) -> FitScored:
    event = FitScored(
        step=100, root="Net", place=None, evaluation=0, passes=1, source="own", train=train, validation=validation,
        constant=right(len_tenth(train), train.rows), train_errors=errors(train),
        validation_errors=errors(validation), train_samples=train.rows, validation_samples=validation.rows, seen=1.0,
        hashed=400, trained=0, known=0.5, repeats=0, repeats_due=0.0,
    )  # fmt: skip
    return replace(event, **changes)


def len_tenth(score: Score) -> int:
    return score.rows // 10


def fit_of(*events: object) -> Fit:
    return fold_fit(EventLog(events))


@pytest.mark.parametrize(
    ("train", "validation", "verdict"),
    [
        (right(1000, 1000), right(880, 1000), "overfitting"),
        (right(1000, 1000), right(960, 1000), "fits"),  # a gap, but none that matters
        (right(970, 1000), right(970, 1000), "fits"),
        (right(900, 1000), right(990, 1000), "fits"),
        (right(200, 1000), right(200, 1000), "underfitting"),
        (right(500, 1000), right(500, 1000), "fits"),
        (right(1000, 1000), right(27, 30), "unseen"),  # 0.9, but of thirty
        (right(30, 30), right(30, 30), "unseen"),
    ],
)
def test_verdict_on_accuracy(train: Score, validation: Score, verdict: str) -> None:
    assert fit_of(scored(train, validation)).verdict == verdict


def test_gap_holds_the_difference_and_excludes_zero_where_overfit() -> None:
    gap = fit_of(scored(right(970, 1000), right(880, 1000))).gap
    assert gap is not None
    assert gap[0] > 0
    assert gap[1] == pytest.approx(0.09)
    assert gap[2] - gap[1] == pytest.approx(gap[1] - gap[0])


@pytest.mark.parametrize(("train", "validation", "verdict"), [(1.0, 2.0, "overfitting"), (2.0, 2.05, "fits")])
def test_losses_are_better_when_lower(train: float, validation: float, verdict: str) -> None:
    losses = [Score("tokens", 1000, 1000 * mean, 1000 * mean**2 + 100) for mean in (train, validation)]
    event = scored(*losses, constant=Score("tokens", 1000, 4000.0, 16000.0))
    assert fit_of(event).verdict == verdict


@pytest.mark.parametrize(("falls", "verdict"), [(True, "underfitting"), (False, "fits")])
def test_mediocre_scores_are_underfitting_only_while_the_loss_falls(falls: bool, verdict: str) -> None:
    losses = tuple(3.0 - 0.02 * step if falls else 2.0 for step in range(100))
    curve = Tracked(tuple(range(100)), losses, (0.1,) * 100)
    assert fit_of(scored(right(300, 1000), right(300, 1000)), curve).verdict == verdict


@pytest.mark.parametrize(
    "changes", [{"source": "training"}, {"trained": 200}, {"trained": 60, "hashed": 100, "known": None}]
)
def test_rows_that_were_trained_on_are_no_validation(changes: dict[str, Any]) -> None:
    fit = fit_of(scored(right(970, 1000), right(970, 1000), **changes))
    assert fit.verdict == "unseen"
    assert "no validation" in fit.reason


def test_held_out_evaluation_counts_beside_one_of_training_rows() -> None:
    training = scored(right(970, 1000), right(970, 1000), source="training", step=120)
    assert fit_of(training, scored(right(970, 1000), right(700, 1000), evaluation=1)).verdict == "overfitting"


def test_validation_with_some_training_rows_is_never_said_to_fit() -> None:
    fit = fit_of(scored(right(970, 1000), right(970, 1000), trained=40))
    assert fit.verdict == "unseen"
    assert "40 of 400" in fit.reason


@pytest.mark.parametrize(("repeats", "said"), [(0, True), (7, False)])
def test_rows_that_never_come_again_are_augmented(repeats: int, said: bool) -> None:
    event = scored(right(970, 1000), right(970, 1000), repeats=repeats, repeats_due=FEWEST_DUE)
    assert ("lower bound" in fit_of(event).reason) is said


@pytest.mark.parametrize(("steps", "verdict"), [(150, "fits"), (1000, "unseen")])
def test_scores_of_long_ago_say_nothing_of_the_end(steps: int, verdict: str) -> None:
    counted = Counted(
        steps=steps, sampled_steps=9, iterations=steps, backwards=steps, training_forwards=steps,
        evaluation_forwards=1, elapsed_s=1.0,
    )  # fmt: skip
    assert fit_of(scored(right(970, 1000), right(970, 1000)), counted).verdict == verdict


def test_reason_of_the_run_is_told() -> None:
    fit = fit_of(FitRefused(8, "Net was not evaluated", "evaluate it"))
    assert (fit.verdict, fit.reason, fit.next) == ("unseen", "Net was not evaluated", "evaluate it")


def test_log_without_a_word_of_it_is_unseen() -> None:
    assert fit_of().verdict == "unseen"
    assert fit_of().reason


@pytest.mark.parametrize(("severity", "first"), [("error", True), ("warning", True), ("note", False)])
def test_a_bug_is_cured_before_the_model_is_enlarged(severity: Severity, first: bool) -> None:
    poor = Fit("underfitting", next="a larger model")
    found = Verdict("WF201", "gradients-not-cleared", "found", severity)
    assert (put_cures_first(poor, [found]).next == CURE_FIRST) is first


def test_what_was_not_scored_is_still_to_be_scored_beside_a_bug() -> None:
    unscored = Fit("unseen", next="evaluate it")
    assert put_cures_first(unscored, [Verdict("WF201", "gradients-not-cleared", "found", "error")]) == unscored
