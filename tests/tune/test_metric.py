"""Which metric a search is for, and what is said where it is none to be searched by."""

import pytest

from wellfit.errors import UsageError
from wellfit.model.record import MetricSummary
from wellfit.tune.script.metric import choose_metric, direction_of, doubts_about, passed_over


def metric(name: str, source: str = "printed") -> MetricSummary:
    return MetricSummary(name, source, 3, 9.0, 0.5, 0.5, 1, 2)


TRAIN, ACCURACY, LOSS = metric("train_loss"), metric("val_accuracy"), metric("val_loss")


def test_the_loss_of_held_out_rows_comes_before_their_accuracy_and_before_training() -> None:
    assert choose_metric([TRAIN, ACCURACY, LOSS], None) == LOSS
    assert choose_metric([TRAIN, ACCURACY], None) == ACCURACY


def test_a_metric_that_was_never_finite_is_not_said_to_be_missing() -> None:
    with pytest.raises(UsageError, match="val_loss was never finite in the script's own run"):
        choose_metric([TRAIN, ACCURACY], "val_loss", ["train_loss", "val_accuracy", "val_loss"])
    with pytest.raises(UsageError, match="gave no metric val_los \\(did you mean val_loss"):
        choose_metric([LOSS], "val_los", ["val_loss"])


def test_what_would_have_been_chosen_if_it_were_finite_is_told() -> None:
    (said,) = passed_over(ACCURACY, [TRAIN, ACCURACY], ["train_loss", "val_accuracy", "val_loss"])
    assert said == "val_loss was never finite in the script's own run: settings are chosen by val_accuracy instead"
    assert passed_over(LOSS, [TRAIN, LOSS], ["train_loss", "val_loss", "val_accuracy"]) == []
    assert passed_over(ACCURACY, [TRAIN, ACCURACY, LOSS], ["val_loss"]) == []


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ([metric("train_loss", "loss"), metric("val_acc"), metric("val_loss")], "val_loss"),
        ([metric("val_loss"), metric("eval/auc", "reported")], "val_loss"),
        ([metric("loss"), metric("score", "reported")], "score"),
        ([metric("accuracy"), metric("val_accuracy", "scored"), metric("val_loss", "scored")], "val_loss"),
        ([metric("val_acc"), metric("val_loss", "scored")], "val_acc"),
        ([metric("validation"), metric("val_loss", "scored")], "val_loss"),
        ([metric("validation"), metric("train_loss", "loss")], "validation"),
    ],
)
def test_takes_what_tells_most_of_held_out_rows(given, chosen):
    assert choose_metric(given, None).name == chosen


def test_a_direction_that_is_given_makes_any_name_do():
    given = [metric("validation"), metric("val_loss", "scored")]
    assert choose_metric(given, None, mode="max").name == "validation"
    assert direction_of(given[0], "max")


def test_a_metric_whose_name_says_no_direction_alone_is_asked_about():
    with pytest.raises(UsageError, match="add --mode max or --mode min"):
        direction_of(choose_metric([metric("validation")], None), None)


def test_what_trains_is_never_taken_unasked():
    with pytest.raises(UsageError, match="no metric of held-out rows was seen; the run gave: train_acc, loss"):
        choose_metric([metric("train_acc"), metric("loss")], None)


def test_why_nothing_was_scored_is_told():
    with pytest.raises(UsageError, match=r"could not be scored \(2 models are trained together\)"):
        choose_metric([metric("loss")], None, unscored="2 models are trained together")


def test_a_scored_metric_is_told():
    assert "scored beside the script" in " ".join(doubts_about(metric("val_loss", "scored"), None))
    assert not doubts_about(metric("val_loss"), None)
