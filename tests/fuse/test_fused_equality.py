"""Fused trials give what plain training gives, step by step, for every optimizer and kind of layer."""

import math

import pytest
import torch
from fuse_tasks import (
    IMAGES,
    TOKENS,
    furthest,
    perceptron,
    plain_perceptron,
    task,
    trained_plainly,
)
from torch import nn
from torch.nn import functional as F

from wellfit.fuse.train import train_fused
from wellfit.schedules.curve import Curve

RELATIVE = 1e-5
"""What the metrics of fused and plain training may differ by over 100 steps."""

OPTIMIZERS = {
    "adamw": [
        ({"lr": 1e-3, "weight_decay": 0.0}, {"lr": 1e-3, "weight_decay": 0.0}),
        (
            {"lr": 1e-2, "weight_decay": 0.3, "beta1": 0.8, "beta2": 0.95},
            {"lr": 1e-2, "weight_decay": 0.3, "betas": (0.8, 0.95)},
        ),
        ({"lr": 3e-3}, {"lr": 3e-3}),
    ],
    "adam": [
        ({"lr": 1e-3}, {"lr": 1e-3}),
        ({"lr": 1e-2, "weight_decay": 0.1, "eps": 1e-4}, {"lr": 1e-2, "weight_decay": 0.1, "eps": 1e-4}),
    ],
    "sgd": [
        ({"lr": 0.1}, {"lr": 0.1}),
        ({"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
        ({"lr": 0.05, "momentum": 0.9, "nesterov": 1}, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ],
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers_step_as_torchs_own(kind: str) -> None:
    asked = task(plain_perceptron, optimizer=kind)
    settings = [ours for ours, _ in OPTIMIZERS[kind]]
    results = train_fused(asked, settings, seeds=(0, 4), fused=True)
    for result in results:
        theirs = OPTIMIZERS[kind][settings.index(result.setting)][1]
        losses, _ = trained_plainly(asked, result.setting, result.seed, theirs)
        assert result.fused
        assert furthest(result.losses, losses) < RELATIVE


def wide(hp) -> nn.Module:
    return nn.Sequential(nn.Linear(12, 128), nn.Tanh(), nn.Linear(128, 4))


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_torchs_one_pass_kernel_and_our_rows_agree(kind: str) -> None:
    asked = task(wide, optimizer=kind, steps=40)
    settings = [{"lr": 3e-3, "weight_decay": 0.1}, {"lr": 1e-3, "weight_decay": 0.0}]
    for result in train_fused(asked, settings, fused=True):
        losses, _ = trained_plainly(asked, result.setting, 0, dict(result.setting))
        assert furthest(result.losses, losses) < RELATIVE


def test_dropouts_of_one_setting_differ_by_module_and_of_several_by_trial() -> None:
    asked = task(perceptron, optimizer="sgd")
    settings = [{"lr": 0.1, "dropout": p} for p in (0.0, 0.3, 0.6)]
    for result in train_fused(asked, settings, seeds=(0, 1), fused=True):
        losses, _ = trained_plainly(asked, result.setting, result.seed, {"lr": 0.1})
        assert result.fused
        assert furthest(result.losses, losses) < RELATIVE


def test_clipping_smoothing_and_schedules_are_each_trials_own() -> None:
    asked = task(plain_perceptron)
    settings = [
        {"lr": 3e-3, "clip_norm": 0.1, "label_smoothing": 0.2, "schedule": "cosine"},
        {"lr": 1e-3, "clip_norm": math.inf, "label_smoothing": 0.0},
        {"lr": 1e-2, "label_smoothing": 0.1, "warmup": 20},
    ]
    curves = [Curve("cosine", 100), Curve("constant", 100), Curve("constant", 100, warmup=20)]
    for result, curve in zip(train_fused(asked, settings, fused=True), curves, strict=True):
        hp = result.setting
        options = {"clip": hp.get("clip_norm"), "smoothing": hp["label_smoothing"], "schedule": curve.factor}
        losses, _ = trained_plainly(asked, hp, 0, {"lr": hp["lr"]}, **options)
        assert furthest(result.losses, losses) < RELATIVE


def convolutions(hp) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout2d(hp["dropout"]),
        nn.Conv2d(4, 6, 3, stride=2, padding=1),
        nn.GroupNorm(2, 6),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 4),
    )


def normed(hp) -> nn.Module:
    return nn.Sequential(
        nn.Linear(12, 16, bias=False), nn.BatchNorm1d(16), nn.SiLU(), nn.Dropout(hp["dropout"]), nn.Linear(16, 16),
        nn.LayerNorm(16), nn.Tanh(), nn.Linear(16, 4),
    )  # fmt: skip


class Branches(nn.Module):
    """What is no chain: shared weights, a frozen part, batch norm called by a forward of its own."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.one, self.norm, self.frozen = nn.Linear(12, 12), nn.BatchNorm1d(12, momentum=0.3), nn.Linear(12, 12)
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(12, 4)
        self.frozen.requires_grad_(False)
        self.register_buffer("scale", torch.full((12,), 0.5))

    def forward(self, x):
        hidden = self.one(torch.relu(self.norm(self.one(x)))) + self.frozen(x) * self.scale
        return self.head(self.dropout(hidden))


class Words(nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.emb, self.dropout, self.head = nn.Embedding(20, 8), nn.Dropout(dropout), nn.Linear(8, 4)

    def forward(self, ids):
        return self.head(self.dropout(self.emb(ids)).mean(1))


class Functional(nn.Module):
    """Functions in place of layers, arguments by name."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.one, self.two, self.p = nn.Linear(12, 16), nn.Linear(16, 4), dropout
        self.register_buffer("mean", torch.zeros(16))
        self.register_buffer("var", torch.ones(16))

    def forward(self, x):
        hidden = F.batch_norm(input=self.one(x), running_mean=self.mean, running_var=self.var, training=self.training)
        return self.two(F.dropout(input=hidden, p=self.p, training=self.training))


KINDS = {
    "convolutions": (convolutions, IMAGES),
    "norms": (normed, None),
    "branches": (lambda hp: Branches(hp["dropout"]), None),
    "embeddings": (lambda hp: Words(hp["dropout"]), TOKENS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_layers_and_their_statistics_are_as_alone(kind: str) -> None:
    build, inputs = KINDS[kind]
    asked = task(build, optimizer="sgd", **({} if inputs is None else {"inputs": inputs}))
    settings = [{"lr": 0.05 * (i + 1), "momentum": 0.5, "dropout": 0.2 * i} for i in range(3)]
    for result in train_fused(asked, settings, seeds=(0, 3), fused=True, states=True):
        optimizer = {"lr": result.setting["lr"], "momentum": 0.5}
        losses, model = trained_plainly(asked, result.setting, result.seed, optimizer)
        assert result.fused, result.reason
        assert furthest(result.losses, losses) < RELATIVE
        for name, theirs in model.state_dict().items():
            torch.testing.assert_close(result.state[name], theirs, rtol=1e-3, atol=1e-5)
        model.eval()
        inputs_held, targets_held = asked.validation[0]
        held = F.cross_entropy(model(inputs_held), targets_held).item()
        assert result.validation_loss == pytest.approx(held, rel=RELATIVE)


class Attention(nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.emb = nn.Embedding(20, 8)
        self.body = nn.TransformerEncoderLayer(8, 2, 16, dropout, batch_first=True, norm_first=True)
        self.weighted, self.head = nn.MultiheadAttention(8, 2, dropout, batch_first=True), nn.Linear(8, 4)

    def forward(self, ids):
        hidden = self.body(self.emb(ids))
        return self.head((hidden + self.weighted(hidden, hidden, hidden)[0]).mean(1))


def test_attention_without_dropout_is_torchs_own() -> None:
    asked = task(lambda hp: Attention(0.0), inputs=TOKENS, optimizer="sgd")
    for result in train_fused(asked, [{"lr": 0.1}, {"lr": 0.02}], fused=True):
        losses, _ = trained_plainly(asked, result.setting, 0, {"lr": result.setting["lr"]})
        assert result.fused, result.reason
        assert furthest(result.losses, losses) < RELATIVE


def test_attention_with_dropout_is_as_one_after_another() -> None:
    asked = task(lambda hp: Attention(hp["dropout"]), inputs=TOKENS, optimizer="sgd")
    settings = [{"lr": 0.1, "dropout": p} for p in (0.0, 0.1, 0.4)]
    together = train_fused(asked, settings, fused=True)
    alone = train_fused(asked, settings, fused=False)
    assert all(result.fused for result in together)
    assert len({result.losses for result in alone}) == 3
    for ours, theirs in zip(together, alone, strict=True):
        assert furthest(ours.losses, theirs.losses) < RELATIVE


@pytest.mark.parametrize(
    "build", [perceptron, lambda hp: Branches(hp["dropout"]), lambda hp: Functional(hp["dropout"])]
)
def test_noise_on_inputs_is_each_trials_own(build) -> None:
    asked = task(build, optimizer="sgd")
    settings = [{"lr": 0.1, "dropout": 0.1, "input_noise": n} for n in (0.0, 0.5, 1.0)]
    together = train_fused(asked, settings, seeds=(0, 1), fused=True)
    alone = train_fused(asked, settings, seeds=(0, 1), fused=False)
    assert len({result.losses for result in alone}) == 6
    for ours, theirs in zip(together, alone, strict=True):
        assert ours.fused
        assert furthest(ours.losses, theirs.losses) < RELATIVE


@pytest.mark.parametrize("module", [nn.AlphaDropout, nn.FeatureAlphaDropout, nn.Dropout1d])
def test_other_dropouts_keep_mean_and_variance_of_torchs_own(module: type[nn.Module]) -> None:
    from wellfit.fuse.draws import Draws
    from wellfit.fuse.intercept import Intercepted

    torch.manual_seed(0)
    x = torch.randn(400, 30, 4)
    native = module(0.3)(x)
    with Intercepted(Draws([5], 0, None), None, stacked=False):
        ours = module(0.3)(x)
    assert ours.mean().item() == pytest.approx(native.mean().item(), abs=0.02)
    assert ours.std().item() == pytest.approx(native.std().item(), rel=0.02)
    assert not torch.equal(ours, native)
