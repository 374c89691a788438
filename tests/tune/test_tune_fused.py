"""`wellfit.tune` on a `FusedTask`: batches of settings, trained at once, with the ledger of all other ways."""

from dataclasses import replace

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import wellfit
from wellfit.errors import UsageError
from wellfit.fuse.feed import TensorBatches
from wellfit.fuse.task import FusedTask

SPACE = {
    "lr": wellfit.log(1e-4, 1e-5, 1),
    "weight_decay": wellfit.log(0.01, 1e-5, 1),
    "dropout": wellfit.lin(0.5, 0, 0.6),
    "width": 16,
}


def build(hp):
    return nn.Sequential(nn.Linear(64, hp["width"]), nn.ReLU(), nn.Dropout(hp["dropout"]), nn.Linear(hp["width"], 10))


def accuracy(outputs, targets):
    return (outputs.argmax(1) == targets).float().mean()


@pytest.fixture(scope="module")
def task():
    pixels, labels = load_digits(return_X_y=True)
    x, y = torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(labels)
    batches = TensorBatches(x[:256], y[:256], batch_size=32)
    return FusedTask(
        build,
        F.cross_entropy,
        batches,
        steps=40,
        validation=[(x[256:900], y[256:900])],
        metrics={"acc": accuracy},
        test=[(x[900:1300], y[900:1300]), (x[1300:], y[1300:])],
    )


@pytest.fixture(scope="module")
def found(task):
    return wellfit.tune(task, SPACE, trials=24, seeds=2, test_metric="test_acc")


def test_trials_are_asked_for_and_told_in_batches(found) -> None:
    assert len(found.trials) == 24
    assert [t.slot for t in found.trials] == list(range(24))
    assert found.verdict == "better"
    assert found.best.width == 16
    assert " of 24 trials were trained at once: " in found.notices[0]


def test_the_test_batches_are_looked_at_on_fresh_seeds_alone(found, task) -> None:
    from wellfit.fuse.train import train_fused

    confirmed = found.answer.confirmed
    assert confirmed.test_metric == "test_acc"
    swapped = replace(task, validation=task.test, test=())
    fresh = train_fused(swapped, [found.space.defaults, found.best], seeds=(1, 2), fused=False)
    values = [result.curve[-1].metrics["acc"] for result in fresh]
    assert [*confirmed.own_test, *confirmed.winner_test] == pytest.approx(values, abs=1e-6)
    assert len(set(values)) > 2


def test_the_test_batches_are_looked_at_where_that_is_asked_for(task) -> None:
    from wellfit.fuse.train import train_fused

    settings = [{"lr": lr, "dropout": 0.1, "width": 16} for lr in (1e-3, 1e-2)]
    for fused in (True, False):
        unseen = train_fused(task, settings, fused=fused)
        first, second = train_fused(
            task, settings, fused=fused, tested=True, report_every=20, on_report=lambda step, _: [0]
        )
        assert [dict(r.test) for r in unseen] == [{}, {}]
        assert dict(first.test) == {}  # it was pruned, and says nothing of a whole training
        (whole,) = train_fused(replace(task, validation=task.test), settings[1:], fused=False)
        assert second.test["loss"] == pytest.approx(whole.validation_loss, rel=1e-5)
        assert second.test["acc"] == pytest.approx(whole.curve[-1].metrics["acc"], abs=1e-6)


def test_a_trial_has_the_numbers_that_it_has_alone(found, task) -> None:
    from wellfit.fuse.train import train_fused

    setting = {**SPACE, **found.trials[3].values}
    (alone,) = train_fused(task, [setting], seeds=(0,), fused=False)
    assert found.trials[3].value == pytest.approx(alone.validation_loss, rel=1e-4)


def test_trials_that_others_lead_are_taken_out(task) -> None:
    found = wellfit.tune(task, SPACE, trials=24, seeds=0, prune=True)
    ends = [t.end for t in found.trials]
    assert ends.count("pruned") >= 6
    assert all(len(t.course) < 10 for t in found.trials if t.end == "pruned")


def test_settings_that_fail_are_told_from_those_that_do_not(task) -> None:
    def fails(hp):
        if hp["dropout"] > 0.4:
            raise RuntimeError("too many dropped")
        return build(hp)

    broken = FusedTask(fails, task.loss, task.batches, steps=10, validation=task.validation)
    found = wellfit.tune(broken, {**SPACE, "dropout": wellfit.lin(0.1, 0, 0.6)}, trials=12, seeds=0)
    assert all((t.end == "failed") == (t.values["dropout"] > 0.4) for t in found.trials)
    assert {t.reason for t in found.trials if t.end == "failed"} == {"RuntimeError: too many dropped"}


def test_mistakes_of_a_task_are_told(task) -> None:
    with pytest.raises(UsageError, match="the task measures no f1: it has val_loss, acc, train_loss"):
        wellfit.tune(task, SPACE, metric="f1")
    said = "test_metric must be one of test_loss, test_acc, measured on the test batches, got 'acc'"
    with pytest.raises(UsageError, match=said):
        wellfit.tune(task, SPACE, test_metric="acc")
    with pytest.raises(UsageError, match="nothing reads the hyperparameter 'wdith'"):
        wellfit.tune(task, {**SPACE, "wdith": 3}, trials=4)
