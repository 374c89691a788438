"""Which metric a search is for, and what is said where it is none to be searched by."""

import pytest

from wellfit.errors import UsageError
from wellfit.model.record import MetricSummary
from wellfit.tune.script.metric import choose_metric, passed_over


def metric(name: str, source: str = "seen") -> MetricSummary:
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
