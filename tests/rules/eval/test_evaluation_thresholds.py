"""`evaluation-in-train-mode` on facts written by hand, on both sides of its threshold."""

from dataclasses import replace

import pytest

from wellfit.model.events.evaluation import TrainModePassSeen
from wellfit.model.facts.evaluation import Evaluations
from wellfit.model.place import Place
from wellfit.model.rule import Unseen
from wellfit.rules.eval.evaluation_in_train_mode.rule import evaluation_in_train_mode

CALL = Place("train.py", 30, "validate")
SEEN = TrainModePassSeen(40, 0, "Net", CALL, 2, 2, 2, ("labels",), 8, {"Dropout": 1}, "")


def judge(*passes):
    return list(evaluation_in_train_mode.function(Evaluations(9, passes)))


def test_sixteen_rows_over_all_passes_are_an_evaluation():
    (finding,) = judge(SEEN, SEEN)
    assert (finding.where, finding.count) == (CALL, 4)


def test_fifteen_rows_are_a_look_at_examples():
    assert not judge(replace(SEEN, rows=15))


@pytest.mark.parametrize("changes", [{"scored": 0}, {"excuse": "repeated"}, {"excuse": "reused"}])
def test_passes_that_are_no_evaluation_stay_silent(changes):
    assert not judge(*[replace(SEEN, **changes)] * 4)


def test_outputs_that_could_not_be_followed_are_unseen():
    (answer,) = judge(replace(SEEN, looked_at=0, scored=0))
    assert isinstance(answer, Unseen)


def test_each_line_that_evaluates_is_named():
    other = replace(SEEN, place=Place("train.py", 50, "test"), rows=100)
    assert [f.where.line for f in judge(SEEN, SEEN, other)] == [30, 50]


def test_it_says_how_outputs_were_scored():
    (finding,) = judge(replace(SEEN, rows=99, against=("cross_entropy", "reading")))
    assert "handed to cross_entropy or read on a data set that is not trained on" in finding.saw
