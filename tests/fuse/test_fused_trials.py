"""What trials do to one another (nothing), and what is said of those that cannot be trained at once."""

import math
import time

import pytest
import torch
from fuse_tasks import BATCH, CLASSES, ROWS, TOKENS, batches, furthest, perceptron, plain_perceptron, task
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from wellfit.errors import UsageError
from wellfit.fuse.feed import TensorBatches
from wellfit.fuse.probe import clock_of, decided_by
from wellfit.fuse.task import FusedTask
from wellfit.fuse.train import train_fused


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


SETTINGS = [{"lr": 0.01 * (i + 1), "dropout": 0.1 * i} for i in range(6)]


def normed(hp) -> nn.Module:
    return nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(hp["dropout"]), nn.Linear(16, 4))


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
@pytest.mark.parametrize("at_once", [True, False])
def test_pruning_leaves_the_others_as_they_were(kind: str, at_once: bool) -> None:
    asked = task(normed, optimizer=kind, steps=60)
    whole = train_fused(asked, SETTINGS, seeds=(0, 1), report_every=20, fused=at_once)

    def prune(step, points):
        return {20: (1, 5, 7), 40: (0,)}.get(step)

    pruned = train_fused(asked, SETTINGS, seeds=(0, 1), report_every=20, on_report=prune, fused=at_once)
    assert [r.pruned_at for r in pruned] == [40, 20, None, None, None, 20, None, 20, None, None, None, None]
    for before, after in zip(whole, pruned, strict=True):
        assert furthest(after.losses, before.losses[: len(after.losses)]) < 1e-6
        assert len(after.curve) == (after.pruned_at or 60) // 20
        assert (
            furthest(
                [p.validation_loss for p in after.curve], [p.validation_loss for p in before.curve][: len(after.curve)]
            )
            < 1e-6
        )


def test_all_trials_pruned_ends_the_training() -> None:
    steps = []

    def prune(step, points):
        steps.append(step)
        return points

    results = train_fused(task(perceptron), SETTINGS, report_every=10, on_report=prune)
    assert steps == [10]
    assert all(r.pruned_at == 10 for r in results)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_trial_is_a_function_of_setting_and_seed_alone(at_once: bool) -> None:
    asked = task(perceptron, steps=30)
    torch.manual_seed(5)
    first = train_fused(asked, SETTINGS, seeds=(0, 1, 2), fused=at_once)
    torch.manual_seed(6)
    other = train_fused(asked, SETTINGS[::-1], seeds=(2, 0), fused=at_once)
    found = {(r.setting["lr"], r.seed): r.losses for r in first}
    for result in other:
        assert furthest(result.losses, found[result.setting["lr"], result.seed]) < 1e-6


def test_equal_settings_differ_by_seed_only() -> None:
    results = train_fused(task(perceptron, steps=20), [SETTINGS[2], SETTINGS[2]], seeds=(0, 1), fused=True)
    assert results[0].losses == results[2].losses
    assert results[1].losses == results[3].losses
    assert results[0].losses[0] != results[1].losses[0]


def test_torchs_generator_is_left_as_it_was() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    loader = DataLoader(TensorDataset(ROWS[:128], CLASSES[:128]), BATCH, shuffle=True)
    train_fused(task(perceptron, steps=10, batches=loader), SETTINGS[:2])
    train_fused(task(perceptron, steps=10), SETTINGS[:2], fused=False)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_trial_that_diverges_touches_no_other(at_once: bool) -> None:
    asked = task(perceptron, optimizer="sgd", steps=40)
    wild = [*SETTINGS[:2], {"lr": 1e30, "dropout": 0.0}, *SETTINGS[2:]]
    results = train_fused(asked, wild, report_every=20, fused=at_once)
    calm = train_fused(asked, SETTINGS, report_every=20, fused=at_once)
    failed = results.pop(2)
    assert failed.failed_at == len(failed.losses) - 1 < 20
    assert not math.isfinite(failed.losses[-1])
    assert not math.isfinite(failed.curve[-1].training_loss)
    for ours, theirs in zip(results, calm, strict=True):
        assert ours.failed_at is None
        assert furthest(ours.losses, theirs.losses) < 1e-6


def test_more_trials_than_fit_are_trained_in_parts() -> None:
    asked = task(perceptron, steps=20)
    whole = train_fused(asked, SETTINGS, fused=True)
    parts = train_fused(asked, SETTINGS, fused=True, most=4)
    for ours, theirs in zip(parts, whole, strict=True):
        assert furthest(ours.losses, theirs.losses) < 1e-6


def test_a_loader_and_a_function_of_the_seed_serve_as_batches() -> None:
    loader = DataLoader(TensorDataset(ROWS[:128], CLASSES[:128]), BATCH, shuffle=True)
    for given in (loader, lambda seed: list(zip(*(t[:64].split(BATCH) for t in (ROWS, CLASSES)), strict=True))):
        asked = task(perceptron, steps=20, batches=given)
        together, alone = (train_fused(asked, SETTINGS[:3], seeds=(0, 1), fused=f) for f in (True, False))
        assert len({r.losses[0] for r in alone}) == 6
        for ours, theirs in zip(together, alone, strict=True):
            assert furthest(ours.losses, theirs.losses) < 1e-5


def test_curves_have_a_point_for_each_report_and_metrics_by_name() -> None:
    asked = task(perceptron, steps=25, metrics={"accuracy": lambda out, y: (out.argmax(-1) == y).float().mean()})
    reports = {}
    for result in train_fused(asked, SETTINGS[:2], report_every=10, on_report=lambda s, p: reports.update({s: p})):
        assert [p.step for p in result.curve] == [10, 20, 25]
        assert 0 <= result.curve[-1].metrics["accuracy"] <= 1
        assert result.curve[0].training_loss == pytest.approx(sum(result.losses[:10]) / 10)
        assert reports[20][result.index] == result.curve[1]


def test_one_trial_and_none() -> None:
    (one,) = train_fused(task(perceptron, steps=10), SETTINGS[:1])
    assert (one.fused, one.reason) == (False, "one trial of its structure")
    assert train_fused(task(perceptron, steps=10), []) == []


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.GRU(12, 8, batch_first=True), nn.Linear(8, 4)

    def forward(self, x):
        return self.head(self.rnn(x[:, None])[0][:, -1])


class Deciding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(12, 4)

    def forward(self, x):
        return self.body(x) if self.body(x).sum() > 0 else -self.body(x)


class Drawing(Deciding):
    def forward(self, x):
        return self.body(x + torch.randn_like(x))


class Remembering(Deciding):
    """Carries a tensor that is no buffer from step to step."""

    last = torch.zeros(4)

    def forward(self, x):
        out = self.body(x)
        shifted = out + 0.1 * self.last
        self.last = out.detach().mean(0)
        return shifted


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g


class Custom(Deciding):
    def forward(self, x):
        return Cube.apply(self.body(x))


class Counting(Deciding):
    """Adds to a tensor that the stack knows nothing of."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = torch.zeros(4)

    def forward(self, x):
        out = self.body(x)
        self.seen += out.detach().mean(0)
        return out


REASONS = {
    Recurrent: "gru",
    Deciding: "control flow",
    Drawing: "random operation",
    Custom: "vmap",
    Counting: "broadcast shape",
}


@pytest.mark.parametrize("model", REASONS)
def test_what_cannot_be_stacked_is_trained_in_turn_and_says_why(model: type[nn.Module]) -> None:
    results = train_fused(task(lambda hp: model(), steps=10), [{"lr": 1e-3}, {"lr": 1e-2}])
    assert not any(r.fused for r in results)
    assert results[0].reason.startswith("trials cannot be stacked: ")
    assert REASONS[model] in results[0].reason
    assert "\n" not in results[0].reason
    assert all(len(r.losses) == 10 for r in results)


def test_a_model_that_remembers_across_steps_is_trained_in_turn() -> None:
    results = train_fused(task(lambda hp: Remembering(), steps=10), [{"lr": 1e-3}, {"lr": 1e-2}], fused=True)
    assert not results[0].fused
    assert results[0].reason == "the forward keeps a tensor in last, which is neither parameter nor buffer"


def test_models_that_only_seem_alike_are_found_out_by_their_losses() -> None:
    class Power:
        __slots__ = ("by",)

        def __init__(self, by: float) -> None:
            self.by = by

        def __call__(self, x):
            return x.abs() ** self.by

    def powers(hp):
        model = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 4))
        model[1].forward = Power(hp["power"])
        return model

    settings = [{"lr": 1e-3, "power": p} for p in (1.0, 2.0, 1.0)]
    results = train_fused(task(powers, steps=5), settings, fused=True)
    assert not any(r.fused for r in results)
    assert results[0].reason.startswith("the loss of trial 1 at step 0 is ")


def test_a_trial_whose_rounding_blows_up_keeps_no_other_from_being_fused() -> None:
    settings = [{"lr": lr, "momentum": 0.9} for lr in (1e-2, 1e-3, 3.0)]
    results = train_fused(task(plain_perceptron, steps=30, optimizer="sgd"), settings, fused=True)
    assert all(r.fused for r in results), results[0].reason


def unlike(hp) -> nn.Module:
    return nn.Sequential(nn.Linear(12, hp["width"]), nn.ReLU(), nn.Dropout(hp["dropout"]), nn.Linear(hp["width"], 4))


def test_models_of_several_structures_are_trained_group_by_group() -> None:
    settings = [{"lr": 1e-3, "width": w, "dropout": p} for w in (8, 16) for p in (0, 0.5)]
    together, alone = (train_fused(task(unlike, steps=20), settings, fused=f) for f in (True, False))
    assert [r.reason.split()[0] for r in together] == ["2", "2", "2", "2"]
    for ours, theirs in zip(together, alone, strict=True):
        assert furthest(ours.losses, theirs.losses) < 1e-5


def test_numbers_of_layers_that_take_no_tensor_make_groups_of_their_own() -> None:
    def leaky(hp):
        return nn.Sequential(nn.Linear(12, 8), nn.LeakyReLU(hp["slope"]), nn.Dropout(hp["dropout"]), nn.Linear(8, 4))

    settings = [{"lr": 1e-3, "slope": s, "dropout": p} for s in (0.01, 0.3) for p in (0.0, 0.1, 0.2)]
    together, alone = (train_fused(task(leaky, steps=20), settings, fused=f) for f in (True, False))
    assert [r.reason.split()[0] for r in together] == ["3"] * 6
    for ours, theirs in zip(together, alone, strict=True):
        assert furthest(ours.losses, theirs.losses) < 1e-5


def test_results_tell_what_was_measured() -> None:
    (first, *_) = train_fused(task(perceptron, steps=10), SETTINGS)
    assert "6 at once took " in first.reason
    assert "6 one after another " in first.reason


def test_the_measured_times_decide_and_are_told() -> None:
    slower = decided_by((63.1, 60.2 / 64), 64, asked=False)
    assert not slower.fused
    told = "64 at once took 63.1 ms a step, 64 one after another 60.2"
    assert slower.reason == f"one trial keeps the device busy: {told}"
    assert decided_by((63.1, 60.2 / 64), 64, asked=True).fused
    assert decided_by((4.0, 0.5), 64, asked=False).reason == "64 at once took 4.0 ms a step, 64 one after another 32.0"


def test_a_thread_that_waits_for_a_processor_is_timed_as_if_it_had_not(one_thread: None) -> None:
    clock = clock_of(torch.device("cpu"))
    began, moment = clock(), time.perf_counter()
    time.sleep(0.2)
    assert clock() - began < 0.1 < time.perf_counter() - moment


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            [{"lr": 0.1, "dropuot": 0.1}],
            "'dropuot': neither build\\(hp\\) nor the optimizer's step; did you mean 'dropout'",
        ),
        ([{"lr": -1.0}], "setting 0: lr must be >= 0 and finite, got -1.0"),
        ([{"lr": "big"}], "lr must be a number, got 'big'"),
        ([{"momentum": 0.9}], "momentum is not read by adamw, only by sgd"),
        ([{}, {"beta1": 1.0}], "setting 1: beta1 must be in \\[0, 1\\), got 1.0"),
        ([{"schedule": "cosin"}], "unknown schedule 'cosin'; did you mean 'cosine'"),
        ([{"warmup": "long"}], "warmup must be a number, got 'long'"),
    ],
)
def test_wrong_hyperparameters_are_told_in_a_sentence(settings, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        train_fused(task(perceptron, steps=10), settings)


def test_hyperparameters_that_would_move_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="label_smoothing is set, but the loss calls no cross_entropy"):
        train_fused(
            task(plain_perceptron, steps=5, loss=lambda o, y: o.square().mean()), [{"label_smoothing": 0.1}] * 2
        )
    words = task(lambda hp: nn.Sequential(nn.Embedding(20, 4), nn.Flatten(), nn.Linear(24, 4)), 5, TOKENS)
    with pytest.raises(UsageError, match="input_noise is set, but the inputs are whole numbers"):
        train_fused(words, [{"input_noise": 0.1}])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": ()}, "seeds must be distinct whole numbers, at least one"),
        ({"seeds": (1, 1)}, "seeds must be distinct"),
        ({"report_every": 0}, "report_every must lie in \\[1, 10\\]"),
        ({"most": 0}, "most must be >= 1"),
    ],
)
def test_wrong_options_are_told_in_a_sentence(options, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        train_fused(task(perceptron, steps=10), SETTINGS, **options)


def test_a_wrong_task_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="steps must be a whole number >= 1, got 0; optimizer must be one of adamw"):
        FusedTask(perceptron, nn.functional.cross_entropy, batches(), 0, optimizer="lion")
    with pytest.raises(ValueError, match="batch_size must lie in \\[1, 160\\]"):
        TensorBatches(ROWS, CLASSES, 200)


def test_batches_that_end_are_told() -> None:
    once = {}

    def ending(seed):
        return once.setdefault(seed, iter([(ROWS[:4], CLASSES[:4])] * 3))

    with pytest.raises(UsageError, match="end at step"):
        train_fused(task(plain_perceptron, steps=10, batches=ending), [{"lr": 0.1}])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_trials_on_a_gpu_are_as_one_after_another(kind: str) -> None:
    asked = task(normed, optimizer=kind, steps=50, device="cuda")
    together, alone = (train_fused(asked, SETTINGS, seeds=(0, 1), fused=f) for f in (True, False))
    for ours, theirs in zip(together, alone, strict=True):
        assert ours.fused
        assert furthest(ours.losses, theirs.losses) < 1e-4
