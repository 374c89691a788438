"""Knobs that hang on one another: found together, missed one at a time, and told as what they are (row S9)."""

import math
from dataclasses import replace

import numpy as np
import pytest

from wellfit.model.knob import Knob
from wellfit.model.study import Seen, StudyPlan, TrialSeen, TrialTold
from wellfit.tune.outcome.importance import importance
from wellfit.tune.outcome.interactions import interactions
from wellfit.tune.study.ledger import Ledger

DECAY = Knob("weight-decay", low=1e-4, high=1.0, log=True)
DROPOUT = Knob("dropout", low=0.0, high=1.0)
IDLE = Knob("idle", low=0.0, high=1.0)
PLAN = StudyPlan(
    "ridge", ("python", "t.py"), "/", "t.py", (DECAY, DROPOUT), "val_loss",
    higher_is_better=False, trials=40, prune=False, seen=Seen(present={"weight_decay": 0.4, "dropout": 0.1}),
)  # fmt: skip


def at(values):
    return math.log(values["weight_decay"] / 1e-4) / math.log(1e4), values["dropout"]


def ridge(values):
    """Low along a diagonal, where more of the one stands for less of the other, and lowest far down on it."""
    x, y = at(values)
    return 0.1 + 20 * (x + y - 1) ** 2 + (x - 0.2) ** 2


def one_at_a_time(start, points=20):
    """One pass over the axes, each at its best with the others held: what people do by hand."""
    values = dict(start)
    for knob in PLAN.knobs:
        shares = np.linspace(0, 1, points)
        tried = [1e-4 * 1e4**share if knob.log else share for share in shares]
        values[knob.key] = min(tried, key=lambda v, key=knob.key: ridge({**values, key: v}))
    return ridge(values)


def search(folder, objective, plan=PLAN):
    ledger = Ledger.create(str(folder), plan)
    while (setting := ledger.ask("test|/", "")) is not None:
        ledger.tell(TrialTold("done", objective(setting.values)))
    return ledger


@pytest.mark.parametrize("seed", range(3))
def test_a_diagonal_ridge_is_followed_together_and_missed_one_at_a_time(tmp_path, seed):
    ledger = search(tmp_path, ridge, replace(PLAN, seed=seed))
    best = min(trial.value for trial in ledger.ended())
    alone = one_at_a_time(PLAN.seen.present)
    assert len(ledger.ended()) == 40
    assert alone > 0.45
    assert best < (0.1 + alone) / 2


def test_what_replaces_each_other_is_told(tmp_path):
    ledger = search(tmp_path, ridge, replace(PLAN, sampler="random"))
    (pair,), explained = interactions(ledger.plan, ledger.ended())
    assert {pair.first, pair.second} == {"weight_decay", "dropout"}
    assert pair.replaces
    assert pair.is_told
    assert pair.share > 0.1
    assert explained > 0.5


def test_what_goes_up_together_is_told_and_a_higher_metric_turns_nothing(tmp_path):
    def together(values):
        x, y = at(values)
        return 1 + (x - y) ** 2

    ledger = search(tmp_path / "low", together, replace(PLAN, sampler="random"))
    (pair,), _ = interactions(ledger.plan, ledger.ended())
    assert not pair.replaces
    plan = replace(PLAN, sampler="random", higher_is_better=True)
    ledger = search(tmp_path / "high", lambda values: -together(values), plan)
    (pair,), _ = interactions(ledger.plan, ledger.ended())
    assert not pair.replaces


def test_noise_alone_is_no_interaction(tmp_path):
    generator = np.random.default_rng(0)
    ledger = search(tmp_path, lambda _: 1 + float(generator.uniform()), replace(PLAN, sampler="random"))
    pairs, explained = interactions(ledger.plan, ledger.ended())
    assert pairs == ()
    assert explained < 0.2


def test_too_few_trials_say_nothing():
    trials = [
        TrialSeen(i, i, 0, "done", runs=False, values={"weight_decay": 0.1, "dropout": 0.2}, value=1.0)
        for i in range(6)
    ]
    assert interactions(PLAN, trials) == ((), None)


def test_what_matters_is_the_knob_that_moves_the_metric(tmp_path):
    present = {"weight_decay": 0.4, "idle": 0.5}
    plan = replace(PLAN, knobs=(DECAY, IDLE), sampler="random", seen=Seen(present=present))
    ledger = search(tmp_path, lambda values: 1 + abs(math.log10(values["weight_decay"]) + 2), plan)
    found = importance(plan, ledger.ended())
    assert found.shares["weight_decay"] > 0.8
    assert sum(found.shares.values()) == pytest.approx(1.0)


def test_equal_seeds_ask_for_equal_settings(tmp_path):
    first, second = search(tmp_path / "a", ridge), search(tmp_path / "b", ridge)
    assert [t.values for t in first.ended()] == [t.values for t in second.ended()]
    other = search(tmp_path / "c", ridge, replace(PLAN, seed=1))
    assert [t.values for t in first.ended()][1:] != [t.values for t in other.ended()][1:]


def test_the_first_setting_is_the_scripts_own_and_eight_even_ones_follow(tmp_path):
    ledger = search(tmp_path, ridge)
    trials = ledger.ended()
    assert trials[0].values == {"weight_decay": 0.4, "dropout": 0.1}
    shares = sorted(int(8 * at(trial.values)[0]) for trial in trials[1:9])
    assert shares == list(range(8))


def test_an_own_setting_outside_of_the_ranges_is_tried_and_not_modelled(tmp_path):
    plan = replace(PLAN, seen=Seen(present={"weight_decay": 5.0, "dropout": 0.2}), trials=12)
    ledger = search(tmp_path, lambda values: ridge(values) if values else 9.0, plan)
    own = ledger.ended()[0]
    assert (own.slot, own.value, own.values) == (0, 9.0, {})
    assert all(plan.knobs[0].holds(trial.values["weight_decay"]) for trial in ledger.ended()[1:])
