"""What a search says of its trials: the verdict on fresh seeds, edges, lengths, failures."""

from dataclasses import replace

import pytest

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Confirmed
from wellfit.tune.outcome.conclude import best_of, confirm, notices, verdict_of

LR = Knob("lr", low=1e-4, high=1.0, log=True)
DROPOUT = Knob("dropout", low=0.0, high=0.6)
PLAN = StudyPlan("s", ("python", "t.py"), "/", "t.py", (LR, DROPOUT), "val_loss", higher_is_better=False, points=10)


def trial(slot, value, end="done", lr=0.01, dropout=0.3, **more):
    return TrialSeen(slot, slot, 0, end, runs=False, values={"lr": lr, "dropout": dropout}, value=value, **more)


def said(trials, plan=PLAN):
    return " | ".join(notices(plan, trials, best_of(plan, trials)))


def test_the_best_is_a_whole_trial_in_the_direction_of_the_metric():
    trials = (trial(0, 0.5), trial(1, 0.1, "pruned"), trial(2, 0.3), trial(3, None, "failed"), trial(4, 0.9))
    assert best_of(PLAN, trials).slot == 2
    assert best_of(replace(PLAN, higher_is_better=True), trials).slot == 4
    assert best_of(PLAN, trials[3:4]) is None


@pytest.mark.parametrize(
    ("own", "winner", "verdict"),
    [
        ((1.0, 1.1, 0.9), (0.5, 0.6, 0.4), "better"),
        ((1.0, 1.1, 0.9), (1.5, 1.6, 1.4), "worse"),
        ((1.0, 1.1, 0.9), (0.5, 1.4, 0.9), "tie"),
        ((1.0, 1.1, 0.9), (0.95, 1.2, 0.8), "tie"),
        ((None, None, None), (0.5, 0.6, 0.4), "better"),
        ((1.0, None, None), (0.5, None, 0.4), "unconfirmed"),
        ((1.0, 1.1, float("nan")), (0.5, 0.6, 0.4), "better"),
    ],
)
def test_only_what_holds_on_fresh_seeds_is_better(own, winner, verdict):
    confirmed = confirm((1, 2, 3), own, winner)
    assert verdict_of(PLAN, trial(3, 0.1), confirmed) == verdict


def test_the_direction_turns_the_verdict():
    confirmed = confirm((1, 2, 3), (0.8, 0.81, 0.79), (0.9, 0.91, 0.89))
    assert verdict_of(replace(PLAN, higher_is_better=True), trial(3, 0.9), confirmed) == "better"
    assert verdict_of(PLAN, trial(3, 0.9), confirmed) == "worse"


def test_the_interval_is_students():
    confirmed = confirm((1, 2, 3), (1.0, 1.0, 1.0), (0.9, 0.8, 0.7))
    assert confirmed.mean == pytest.approx(-0.2)
    assert confirmed.half == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-3)


def test_the_scripts_own_setting_may_win():
    assert verdict_of(PLAN, trial(0, 0.1), Confirmed()) == "own"
    assert verdict_of(PLAN, None, Confirmed()) == "none"
    assert verdict_of(PLAN, trial(2, 0.1), Confirmed()) == "unconfirmed"


def test_edges_of_ranges_are_told_but_not_the_zero_of_a_regularizer():
    assert "the best lr lies at the upper end" in said((trial(0, 0.5), trial(1, 0.1, lr=0.9)))
    assert "the best lr lies at the lower end" in said((trial(0, 0.5), trial(1, 0.1, lr=1.1e-4)))
    assert "the best dropout lies at the upper end" in said((trial(0, 0.5), trial(1, 0.1, dropout=0.59)))
    assert "the best dropout" not in said((trial(0, 0.5), trial(1, 0.1, dropout=0.0)))
    assert said((trial(0, 0.1, lr=0.9), trial(1, 0.5))) == ""


def test_many_diverged_trials_are_told():
    few = (trial(0, 0.5), trial(1, 0.4), trial(2, 0.4), trial(3, None, "diverged"))
    many = (trial(0, 0.5), trial(1, None, "diverged"), trial(2, None, "diverged"), trial(3, 0.4))
    assert "was not finite" not in said(few)
    assert "val_loss was not finite in 2 of 4 trials: lower the upper ends of the ranges" in said(many)


def test_the_length_of_runs_is_judged_by_where_the_best_trials_were_best():
    def at(share):
        return tuple(trial(i, 0.1 + i / 100, best_at=share, best=0.1 + i / 100) for i in range(6))

    assert "longer runs may move" in said(at(1.0))
    assert "shorter runs would do" in said(at(0.05))
    assert said(at(0.5)) == ""
    assert said(at(1.0), replace(PLAN, points=2)) == ""


def test_an_upturn_of_the_winner_is_told_with_its_place():
    text = said((trial(0, 0.5), trial(1, 0.2, best=0.1, best_at=0.4)))
    assert "ends at 0.2, behind its own best of 0.1 at 40% of the run" in text
    assert said((trial(0, 0.5), trial(1, 0.2, best=0.199, best_at=0.4))) == ""
    assert said((trial(0, 0.5), trial(1, 0.1, best=0.1, best_at=0.4)), replace(PLAN, take="best")) == ""


def test_failures_are_told_with_the_latest_reason():
    text = said((trial(0, 0.5), trial(1, None, "failed", reason="it failed with exit code 1: ValueError: no")))
    assert "1 of 2 trials failed; the latest: it failed with exit code 1: ValueError: no" in text


def test_a_metric_that_nothing_changes_is_told_and_then_nothing_of_lengths():
    equal = tuple(trial(i, 0.5, best_at=0.0, best=0.5) for i in range(8))
    assert said(equal) == (
        "val_loss is 0.5 in all 8 whole trials: nothing that was searched changes it; see that it is computed with the"
        " trained model, or choose another metric"
    )
    assert said(equal[:2]) == ""


def test_where_all_but_the_own_setting_diverge_the_ranges_are_too_wide_on_either_side():
    alone = (trial(0, 0.5), trial(1, None, "diverged"), trial(2, None, "diverged"))
    assert said(alone) == "val_loss was not finite in 2 of 3 trials: narrow the ranges around the script's own setting"
