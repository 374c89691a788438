"""Which metric a search takes where nobody says it, and what the user hears of it."""

import pytest

from wellfit.errors import UsageError
from wellfit.model.record import MetricSummary
from wellfit.tune.script.metric import choose_metric, direction_of, doubts_about


def metric(name: str, source: str = "printed") -> MetricSummary:
    return MetricSummary(name, source, 3, 1.0, 0.5, 0.5, 2, 2)


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
