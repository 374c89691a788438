"""Real trainings with a known fit: what is written of them must agree with the same scores computed by hand."""

import json
import warnings
from pathlib import Path

import pytest
import sklearn.datasets
import sklearn.metrics
import sklearn.model_selection
import sklearn.preprocessing  # noqa: F401
from running import WatchedRun, run_plain, run_watched

from wellfit.digest.fit import fold_fit
from wellfit.model.events.fit import FitScored
from wellfit.model.events.run import ProbeBroke
from wellfit.model.report import Fit
from wellfit.model.score import METRICS

PROGRAMS = Path(__file__).parent / "programs"
OVERFIT = ("--rows", "100", "--epochs", "80")


def watched(name: str, *argv: str) -> WatchedRun:
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # a stranger's program may warn; pytest would make errors of it
        run = run_watched(PROGRAMS / f"{name}.py", *argv, rules=())
    assert run.exit_code == 0, run.output
    assert not run.logs[0].of(ProbeBroke)
    return run


def fit_of(name: str, *argv: str) -> Fit:
    return fold_fit(watched(name, *argv).logs[0])


def by_hand(run: WatchedRun, step: int) -> dict[str, float]:
    lines = [json.loads(line) for line in run.output.splitlines() if line.startswith('{"step"')]
    return next(line for line in lines if line["step"] == step)


@pytest.mark.parametrize("way", ["labels", "loss", "array", "gradients"])
def test_far_too_few_rows_are_overfitting(way: str) -> None:
    fit = fit_of("digits", *OVERFIT, "--way", way)
    assert (fit.verdict, fit.metric) == ("overfitting", "accuracy"), fit
    assert fit.gap is not None
    assert fit.gap[0] > 0.05


@pytest.mark.parametrize("way", ["labels", "loss", "array", "gradients"])
def test_healthy_training_fits(way: str) -> None:
    assert fit_of("digits", "--way", way).verdict == "fits"


@pytest.mark.parametrize("name", ["plain_loop", "breast_cancer", "convolutions", "lightning_digits"])
def test_healthy_training_of_many_kinds_fits(name: str) -> None:
    fit = fit_of(name)
    assert (fit.verdict, fit.metric) == ("fits", "accuracy"), fit


def test_linear_model_that_hardly_moves_is_underfitting() -> None:
    fit = fit_of("digits", "--lr", "1e-5", "--hidden", "0")
    assert (fit.verdict, fit.metric) == ("underfitting", "accuracy"), fit


def test_regression_by_far_too_large_a_network_is_overfitting() -> None:
    fit = fit_of("diabetes")
    assert (fit.verdict, fit.metric) == ("overfitting", "R2"), fit


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("digits", ("--way", "labels")),
        ("digits", ("--way", "loss")),
        ("digits", ("--way", "array")),
        ("digits", ("--way", "gradients")),
        ("breast_cancer", ()),
        ("diabetes", ()),
        ("convolutions", ()),
        ("plain_loop", ()),
        ("language", ()),
        ("hf_text", ()),
        ("lightning_digits", ()),
    ],
)
def test_scores_agree_with_those_by_hand(name: str, argv: tuple[str, ...]) -> None:
    run = watched(name, *argv)
    event = run.logs[0].of(FitScored)[-1]
    truth = by_hand(run, event.step)
    metric = METRICS[event.train.task][0]
    assert abs(event.train.value(metric) - truth["train"]) <= 3 * event.train_errors[metric] + 1e-4
    # every row is scored; where `eval()` was forgotten, the evaluation itself moves the running statistics meanwhile
    slack = 0.005 if name == "convolutions" else 1e-4
    assert abs(event.validation.value(metric) - truth["validation"]) <= slack


@pytest.mark.parametrize(
    ("name", "argv", "words"),
    [
        ("digits", ("--way", "never"), "was not evaluated"),
        ("digits", ("--way", "training-rows"), "no validation"),
        ("adversaries", (), "2 models are trained together"),
    ],
)
def test_what_cannot_be_told_is_unseen_with_its_reason(name: str, argv: tuple[str, ...], words: str) -> None:
    fit = fit_of(name, *argv)
    assert fit.verdict == "unseen"
    assert words in fit.reason


def test_augmented_rows_make_the_gap_a_lower_bound() -> None:
    assert "lower bound" in fit_of("augmented").reason


def test_rows_that_are_the_same_in_each_epoch_are_not_called_augmented() -> None:
    assert "lower bound" not in fit_of("digits", "--epochs", "12").reason


@pytest.mark.parametrize("name", ["digits", "plain_loop", "convolutions", "language"])
def test_scoring_leaves_no_trace_in_what_is_printed(name: str) -> None:
    assert watched(name).output == run_plain(PROGRAMS / f"{name}.py")[0]
