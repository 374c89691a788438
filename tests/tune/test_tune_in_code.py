"""`wellfit.tune`: a search over a Python function, its study, its answer, and what users do wrong."""

import json
import math
import random

import numpy as np
import optuna
import pytest
import torch

import wellfit
from wellfit.declare.space import Space
from wellfit.errors import UsageError
from wellfit.tune.in_code.function import Pruned

SPACE = {"x": wellfit.lin(1.0, -2, 2), "rate": wellfit.log(0.1, 1e-4, 1), "kind": wellfit.choice("a", "b"), "n": 4}


def bowl(hp, report):
    """Best at x = 0.5, rate = 0.01 and kind b; the noise is that of the seed."""
    low = (hp.x - 0.5) ** 2 + (math.log10(hp.rate) + 2) ** 2 / 4 + (hp.kind == "a") * 0.1
    for step in range(hp.n):
        report(step, val_loss=low + 1 / (step + 1) + 0.001 * torch.randn(()).item())


def test_a_search_finds_the_bowl() -> None:
    study = wellfit.tune(bowl, SPACE, trials=40)
    assert len(study.trials) == 40
    assert dict(study.trials[0].values) == {"x": 1.0, "rate": 0.1, "kind": "a"}
    assert abs(study.best.x - 0.5) < 0.3
    assert study.best.n == 4
    assert study.value < 0.3
    assert study.verdict == "better"
    assert study.answer.confirmed.seeds == (1, 2, 3)
    assert set(study.importance) <= {"x", "rate", "kind"}


def test_equal_calls_give_equal_answers() -> None:
    first, second = (wellfit.tune(bowl, SPACE, trials=12, seeds=1) for _ in range(2))
    assert [t.value for t in first.trials] == [t.value for t in second.trials]
    assert first.answer.confirmed == second.answer.confirmed


def test_all_trials_have_one_seed_and_fresh_ones_are_others() -> None:
    drawn = []

    def train(hp, report):
        drawn.append((random.random(), float(np.random.rand()), torch.rand(()).item()))
        report(val_loss=abs(hp.x - 0.5))

    wellfit.tune(train, {"x": wellfit.lin(1.0, 0, 2)}, trials=4, seeds=2)
    assert len(drawn) == 8
    assert len(set(drawn[:4])) == 1
    assert drawn[4] == drawn[5] != drawn[6] == drawn[7]
    assert drawn[0] not in drawn[4:]


def test_without_a_seed_trials_differ_and_generators_stand_where_they_stood() -> None:
    drawn = []

    def train(hp, report):
        drawn.append(torch.rand(()).item() + random.random())
        torch.manual_seed(random.randrange(1 << 30) + len(drawn))
        report(val_loss=hp.x)

    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    wellfit.tune(train, {"x": wellfit.lin(1.0, 0, 2)}, trials=3, seeds=0)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[1:]


def test_trials_that_others_lead_are_pruned_and_their_finally_runs() -> None:
    cleaned, caught = [], []

    def train(hp, report):
        try:
            for step in range(20):
                try:
                    report(step, val_loss=abs(hp.x) + 1 / (step + 1))
                except Exception as error:
                    caught.append(error)
        finally:
            cleaned.append(hp.x)

    study = wellfit.tune(train, {"x": wellfit.lin(0.0, -2, 2)}, trials=20, seeds=0, prune=True)
    pruned = [t for t in study.trials if t.end == "pruned"]
    assert len(pruned) >= 5
    assert all(len(t.course) < 20 for t in pruned)
    assert len(cleaned) == 20
    assert not caught


def test_short_trials_are_not_pruned_unless_that_is_wanted() -> None:
    study = wellfit.tune(bowl, {**SPACE, "n": 20}, trials=12, seeds=0)
    assert {t.end for t in study.trials} == {"done"}


def test_wellfit_report_tells_the_trial_too() -> None:
    def train(hp, _report):
        wellfit.report(0, accuracy=1 - abs(hp.x - 0.5))

    study = wellfit.tune(train, {"x": wellfit.lin(2.0, 0, 2)}, metric="accuracy", trials=12, seeds=0)
    assert study.answer.plan.higher_is_better
    assert study.value > study.trials[0].value


def test_a_test_metric_is_looked_at_on_fresh_seeds_alone() -> None:
    def train(hp, report):
        report(val_loss=hp.x, test_acc=1 - hp.x)

    study = wellfit.tune(train, {"x": wellfit.lin(0.9, 0, 1)}, trials=4, seeds=2, test_metric="test_acc")
    assert study.answer.confirmed.own_test == pytest.approx((0.1, 0.1))
    assert study.answer.confirmed.winner_test == pytest.approx((1 - study.best.x,) * 2)


def test_a_search_that_is_gone_on_with_remembers_its_test_metric(tmp_path) -> None:
    def train(hp, report):
        report(val_loss=hp.x, test_acc=1 - hp.x)

    where = {"space": {"x": wellfit.lin(0.9, 0, 1)}, "name": "again", "storage": str(tmp_path), "seeds": 2}
    first = wellfit.tune(train, trials=4, test_metric="test_acc", **where)
    again = wellfit.tune(train, trials=4, **where)
    assert again.answer.confirmed == first.answer.confirmed
    assert again.answer.confirmed.test_metric == "test_acc"


def test_the_best_value_counts_where_that_is_asked_for() -> None:
    def train(hp, report):
        for value in (3.0, hp.x, 5.0):
            report(val_loss=value)

    last = wellfit.tune(train, {"x": wellfit.lin(1.0, 0, 2)}, trials=2, seeds=0)
    best = wellfit.tune(train, {"x": wellfit.lin(1.0, 0, 2)}, trials=2, seeds=0, take="best")
    assert (last.trials[0].value, best.trials[0].value) == (5.0, 1.0)
    assert best.trials[0].best_at == pytest.approx(2 / 3)


def test_what_is_not_finite_is_infeasible() -> None:
    def train(hp, report):
        report(val_loss=math.nan if hp.x > 1 else hp.x)

    study = wellfit.tune(train, {"x": wellfit.lin(0.5, 0, 2)}, trials=12, seeds=0)
    ends = {t.slot: t.end for t in study.trials}
    assert all((ends[t.slot] == "diverged") == (t.values["x"] > 1) for t in study.trials)
    assert {"done", "diverged"} == set(ends.values())


def test_exceptions_are_recorded_and_the_search_goes_on() -> None:
    def train(hp, report):
        if hp.x > 1:
            raise RuntimeError("out of range\nand more")
        report(val_loss=hp.x)

    study = wellfit.tune(train, {"x": wellfit.lin(0.5, 0, 2)}, trials=12, seeds=0)
    failed = [t for t in study.trials if t.end == "failed"]
    assert failed
    assert {t.reason for t in failed} == {"RuntimeError: out of range"}


def test_a_function_that_fails_always_stops_the_search_with_its_error() -> None:
    calls = []

    def train(hp, report):
        calls.append(hp)
        raise KeyError("data")

    with pytest.raises(UsageError, match="3 of 3 trials failed, and none did not: KeyError: 'data'") as caught:
        wellfit.tune(train, {"x": wellfit.lin(0.5, 0, 2)})
    assert isinstance(caught.value.__cause__, KeyError)
    assert len(calls) == 3


def test_a_metric_that_never_comes_is_told() -> None:
    with pytest.raises(UsageError, match=r"it never reported val_loss: call report\(step, val_loss=...\)"):
        wellfit.tune(lambda hp, report: report(1, loss=hp.x), {"x": wellfit.lin(0.5, 0, 2)})


def test_an_interrupt_returns_what_is_there() -> None:
    calls = []

    def train(hp, report):
        calls.append(hp)
        if len(calls) == 5:
            raise KeyboardInterrupt
        report(val_loss=hp.x)

    study = wellfit.tune(train, {"x": wellfit.lin(0.5, 0, 2)}, trials=20)
    assert len(study.trials) == 4
    assert study.verdict in {"unconfirmed", "own"}
    assert study.notices[0].startswith("interrupted")


def test_an_interrupt_of_fresh_seeds_keeps_whole_pairs() -> None:
    calls = []

    def train(hp, report):
        calls.append(hp)
        if len(calls) == 4 + 5:
            raise KeyboardInterrupt
        report(val_loss=hp.x)

    study = wellfit.tune(train, {"x": wellfit.lin(1.9, 0, 2)}, trials=4)
    assert study.answer.confirmed.seeds == (1, 2)


def test_a_budget_ends_the_search() -> None:
    study = wellfit.tune(bowl, SPACE, budget=1e-9, seeds=0)
    assert len(study.trials) == 1
    assert study.verdict == "own"


def test_a_named_study_is_gone_on_with(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = wellfit.tune(bowl, SPACE, trials=5, seeds=1, name="mine")
    again = wellfit.tune(bowl, SPACE, trials=8, seeds=1, name="mine")
    assert [t.value for t in again.trials[:5]] == [t.value for t in first.trials]
    assert len(again.trials) == 8
    with pytest.raises(UsageError, match="the study mine has another space or metric"):
        wellfit.tune(bowl, {"x": wellfit.lin(1.0, 0, 2)}, name="mine")


def test_a_study_of_ours_opens_in_optuna(tmp_path) -> None:
    ours = wellfit.tune(bowl, SPACE, trials=5, seeds=0, name="mine", storage=tmp_path)
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "journal.log"))
    theirs = optuna.load_study(study_name="mine", storage=optuna.storages.JournalStorage(backend))
    assert theirs.best_value == ours.value
    assert dict(Space(SPACE).to_optuna(optuna.trial.FixedTrial(theirs.best_params))) == dict(ours.best)
    theirs.sampler = optuna.samplers.RandomSampler(seed=0)
    trial = theirs.ask()
    assert set(Space(SPACE).to_optuna(trial)) == set(SPACE)


def test_an_answer_is_shown_and_saved(tmp_path) -> None:
    study = wellfit.tune(bowl, SPACE, trials=12, seeds=2, name="mine", storage=tmp_path / "kept")
    assert repr(study).startswith("Study('mine', 12 trials, best val_loss ")
    assert "fresh seeds" in str(study)
    assert study._repr_html_().startswith("<pre>")
    for suffix in ("json", "txt", "html"):
        study.save(tmp_path / f"found.{suffix}")
    assert json.loads((tmp_path / "found.json").read_text())["best"] == study.answer.best
    with pytest.raises(UsageError, match=r"found.pdf must end in .html, .json or .txt"):
        study.save("found.pdf")


def test_all_mistakes_of_a_call_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        wellfit.tune(
            None, {"n": 3}, metric="thing", take="first", trials=1, budget="soon", sampler="best", seeds=-1, seed=-1
        )
    assert [mistake.split(" ")[0] for mistake in caught.value.mistakes] == [
        "train", "space", "whether", "take", "sampler", "trials", "seeds", "seed", "budget",
    ]  # fmt: skip


def test_a_mode_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match='mode must be "min", "max" or None'):
        wellfit.tune(bowl, SPACE, mode="lower")


def test_reports_of_what_is_no_number_fail_the_trial() -> None:
    with pytest.raises(UsageError, match="the metric val_loss must be a number"):
        wellfit.tune(lambda hp, report: report(val_loss="low"), SPACE)


def test_the_end_of_a_pruned_trial_is_no_exception_of_pythons() -> None:
    assert not issubclass(Pruned, Exception)
