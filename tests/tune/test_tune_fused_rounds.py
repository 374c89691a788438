"""`wellfit.tune` over a `FusedTask`: rounds of trials at once, their study, and what users do wrong."""

import math
from dataclasses import replace

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import wellfit
from wellfit.errors import UsageError
from wellfit.fuse.feed import TensorBatches
from wellfit.fuse.train import train_fused
from wellfit.tune.in_code.fused import round_size

PIXELS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(PIXELS, dtype=torch.float32) / 16, torch.tensor(LABELS)

SPACE = {
    "lr": wellfit.log(1e-4, 1e-4, 1e-2),
    "weight_decay": wellfit.log(0.01, 1e-4, 1),
    "dropout": wellfit.lin(0.5, 0, 0.6),
    "width": 32,
}


def perceptron(hp):
    return nn.Sequential(nn.Linear(64, hp.width), nn.ReLU(), nn.Dropout(hp["dropout"]), nn.Linear(hp.width, 10))


class Recurrent(nn.Module):
    """Whose kernel has no rule for `vmap`."""

    def __init__(self, hp) -> None:
        super().__init__()
        self.body, self.drop, self.head = nn.GRU(8, 8, batch_first=True), nn.Dropout(hp.dropout), nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.drop(self.body(x.unflatten(1, (8, 8)))[0][:, -1]))


def accuracy(outputs, targets):
    return (outputs.argmax(1) == targets).float().mean()


def task_of(build=perceptron, steps=40, loss=F.cross_entropy, **others):
    data = TensorBatches(X[:150], Y[:150], batch_size=32)
    return wellfit.FusedTask(build, loss, data, steps, [(X[150:900], Y[150:900])], **others)


def told(study):
    """How trials were trained."""
    (notice,) = [notice for notice in study.notices if " trials were trained at once: " in notice]
    return notice


def test_64_trials_at_once_have_the_values_of_trials_one_after_another() -> None:
    task = task_of()
    study = wellfit.tune(task, SPACE, trials=64, seeds=0)
    assert len(study.trials) == 64
    assert {t.end for t in study.trials} == {"done"}
    assert int(told(study).split()[0]) > 32  # which way is quicker is measured, so that a busy moment may turn a round
    settings = [study.space.filled(t.values) for t in study.trials]
    alone = train_fused(task, settings, seeds=(0,), report_every=4, fused=False)
    assert [t.value for t in study.trials] == pytest.approx([r.validation_loss for r in alone], rel=1e-5)
    for trial, result in zip(study.trials, alone, strict=True):
        assert list(trial.course.values()) == pytest.approx([p.validation_loss for p in result.curve], rel=1e-5)


def test_the_best_is_found_and_held_against_the_defaults_on_fresh_seeds() -> None:
    task = task_of()
    study = wellfit.tune(task, SPACE, trials=24, seeds=2)
    assert dict(study.trials[0].values) == {"lr": 1e-4, "weight_decay": 0.01, "dropout": 0.5}
    assert study.value == min(t.value for t in study.trials)
    assert study.best.lr > 1e-3
    assert study.verdict == "better"
    confirmed = study.answer.confirmed
    fresh = train_fused(task, [study.space.defaults, study.best], seeds=(1, 2), fused=False)
    values = [r.validation_loss for r in fresh]
    assert confirmed.own == pytest.approx(values[:2], rel=1e-5)
    assert confirmed.winner == pytest.approx(values[2:], rel=1e-5)


def test_a_metric_of_the_task_counts() -> None:
    task = task_of(metrics={"accuracy": accuracy})
    study = wellfit.tune(task, SPACE, metric="accuracy", trials=16, seeds=0)
    assert study.answer.plan.higher_is_better
    assert study.value == max(t.value for t in study.trials) > study.trials[0].value


def test_what_cannot_be_stacked_goes_one_after_another_and_says_why() -> None:
    space = {"lr": wellfit.log(1e-3, 1e-4, 1e-1), "dropout": wellfit.lin(0.1, 0, 0.5)}
    study = wellfit.tune(task_of(Recurrent, steps=10), space, trials=6, seeds=0)
    assert told(study).startswith("0 of 6 trials were trained at once: trials cannot be stacked: RuntimeError")
    assert {t.end for t in study.trials} == {"done"}
    assert study.value < study.trials[0].value


def test_trials_that_others_lead_are_pruned_but_not_the_defaults() -> None:
    study = wellfit.tune(task_of(), SPACE, trials=32, seeds=0, prune=True)
    pruned = [t for t in study.trials if t.end == "pruned"]
    assert len(pruned) >= 6
    assert {len(t.course) for t in pruned} <= {2, 6}
    assert study.trials[0].end == "done"
    whole = [t for t in study.trials if t.end == "done"]
    assert {len(t.course) for t in whole} == {10}
    (again,) = train_fused(task_of(), [study.best], fused=False)
    assert study.value == pytest.approx(again.validation_loss, rel=1e-5)


def test_what_is_not_finite_is_infeasible_and_spoils_no_other() -> None:
    def loss(outputs, targets):
        return F.mse_loss(outputs, F.one_hot(targets, 10).float())

    task = task_of(loss=loss, optimizer="sgd")
    space = {"lr": wellfit.log(0.1, 1e-2, 1e4), "dropout": wellfit.lin(0.0, 0, 0.5), "width": 32}
    study = wellfit.tune(task, space, trials=16, seeds=0)
    assert {t.end for t in study.trials} == {"done", "diverged"}
    assert all(t.value is None for t in study.trials if t.end == "diverged")
    settings = [study.space.filled(t.values) for t in study.trials]
    alone = train_fused(task, settings, fused=False)
    broke = [r.failed_at is not None or not math.isfinite(r.validation_loss) for r in alone]
    assert [t.end == "diverged" for t in study.trials] == broke


def test_a_setting_that_cannot_be_built_fails_alone() -> None:
    def build(hp):
        if hp.dropout > 0.4:
            raise RuntimeError("no room\nfor more")
        return perceptron(hp)

    study = wellfit.tune(task_of(build), {**SPACE, "dropout": wellfit.lin(0.1, 0, 0.6)}, trials=12, seeds=0)
    assert {t.end for t in study.trials} == {"done", "failed"}
    assert all((t.end == "failed") == (t.values["dropout"] > 0.4) for t in study.trials)
    assert {t.reason for t in study.trials if t.end == "failed"} == {"RuntimeError: no room"}


def test_a_task_that_fails_always_stops_the_search_with_its_error() -> None:
    def build(hp):
        raise KeyError("data")

    with pytest.raises(UsageError, match="trials failed, and none did not: KeyError: 'data'") as caught:
        wellfit.tune(task_of(build), SPACE, trials=16)
    assert isinstance(caught.value.__cause__, KeyError)


def test_trials_of_several_shapes_are_grouped() -> None:
    space = {**SPACE, "width": wellfit.choice(16, 32)}
    study = wellfit.tune(task_of(), space, trials=32, seeds=1, sampler="random")
    assert {t.values["width"] for t in study.trials} == {16, 32}
    assert int(told(study).split()[0]) > 8


def test_a_named_study_is_gone_on_with(tmp_path) -> None:
    first = wellfit.tune(task_of(), SPACE, trials=6, seeds=1, name="mine", storage=tmp_path)
    again = wellfit.tune(task_of(), SPACE, trials=20, seeds=1, name="mine", storage=tmp_path)
    assert [t.value for t in again.trials[:6]] == [t.value for t in first.trials]
    assert len(again.trials) == 20
    assert again.value <= first.value


def test_an_interrupted_round_is_begun_again_by_the_next_call(tmp_path) -> None:
    calls = []

    def build(hp):
        calls.append(hp)
        if len(calls) == 1 + 5:
            raise KeyboardInterrupt
        return perceptron(hp)

    study = wellfit.tune(task_of(build), SPACE, trials=16, seeds=0, name="mine", storage=tmp_path)
    assert len(study.trials) == 0
    assert study.notices[0].startswith("interrupted")
    again = wellfit.tune(task_of(build), SPACE, trials=16, seeds=0, name="mine", storage=tmp_path)
    assert [t.end for t in again.trials] == ["done"] * 16


@pytest.mark.parametrize(
    ("trials", "sampler", "sizes"),
    [
        (64, "tpe", [16] * 4),
        (40, "tpe", [10] * 4),
        (24, "tpe", [9, 8, 7]),
        (300, "tpe", [64] * 4 + [44]),
        (100, "random", [64, 36]),
    ],
)
def test_a_search_is_parted_into_rounds(trials: int, sampler: str, sizes: list[int]) -> None:
    study = wellfit.tune(task_of(steps=1), SPACE, trials=2, seeds=0, sampler=sampler)
    plan, made = replace(study.answer.plan, trials=trials), []
    while sum(made) < trials:
        made.append(min(trials - sum(made), round_size(plan, first=not made)))
    assert made == sizes


def test_a_budget_that_is_used_up_begins_no_round() -> None:
    study = wellfit.tune(task_of(), SPACE, budget=1e-9)
    assert (len(study.trials), study.best, study.verdict) == (0, None, "none")


def test_equal_calls_give_equal_trials_and_leave_the_generators_alone() -> None:
    before = torch.get_rng_state()
    first, second = (wellfit.tune(task_of(), SPACE, trials=20, seeds=0, sampler="random") for _ in range(2))
    assert [t.values for t in first.trials] == [t.values for t in second.trials]
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("more", "loss", "said"),
    [
        ({"droput": 0.1}, F.cross_entropy, r"nothing reads the hyperparameter 'droput'.*did you mean 'dropout'"),
        ({"label_smoothing": wellfit.lin(0.0, 0, 1)}, F.cross_entropy, "label_smoothing must be in"),
        ({"label_smoothing": wellfit.lin(0.0, 0, 0.5)}, lambda out, _: out.mean(), "the loss calls no cross_entropy"),
    ],
    ids=["unread", "too wide", "without effect"],
)
def test_a_space_that_cannot_be_trained_begins_no_study(tmp_path, more, loss, said) -> None:
    with pytest.raises(UsageError, match=said):
        wellfit.tune(task_of(loss=loss), {**SPACE, **more}, name="mine", storage=tmp_path)
    corrected = wellfit.tune(task_of(steps=10), SPACE, trials=2, seeds=0, name="mine", storage=tmp_path)
    assert len(corrected.trials) == 2


def test_a_test_metric_needs_test_batches() -> None:
    said = "test_metric='test_acc' needs data that chose nothing: give FusedTask its test batches"
    with pytest.raises(UsageError, match=said):
        wellfit.tune(task_of(), SPACE, test_metric="test_acc")
