"""Small trainings whose curves differ in shape: slow starts, warm-ups, steps of the rate, overfitting."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from sklearn.datasets import load_diabetes, load_digits, load_wine
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler

import wellfit

DECAY, DROPOUT = wellfit.log(0.01, 1e-5, 1), wellfit.lin(0.2, 0, 0.6)
SMOOTHING = wellfit.lin(0.0, 0, 0.2)


@dataclass(frozen=True)
class Task:
    """One training.

    Args:
        name: what its curves are like.
        space: ranges with the defaults.
        train: gives the validation loss of each epoch, from a setting and what hears them.
    """

    name: str
    space: dict
    train: Callable


def split(inputs, targets, train, held):
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(0))
    rows, others = order[:train], order[train : train + held]
    return inputs[rows], targets[rows], inputs[others], targets[others]


def digits(train, held):
    pixels, labels = load_digits(return_X_y=True)
    return split(torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(labels), train, held)


def wine():
    inputs, targets = load_wine(return_X_y=True)
    return split(torch.tensor(inputs, dtype=torch.float32), torch.tensor(targets), 124, 54)


def diabetes():
    inputs, targets = (torch.tensor(part, dtype=torch.float32) for part in load_diabetes(return_X_y=True))
    return split(inputs / inputs.std(0), ((targets - targets.mean()) / targets.std())[:, None], 300, 142)


def perceptron(inputs, width, outputs, dropout=0.0, *, norm=False):
    middle = [nn.BatchNorm1d(width)] if norm else []
    return nn.Sequential(nn.Linear(inputs, width), *middle, nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, outputs))


def training(data, build, optimize, schedule, epochs, batch, every=1):  # noqa: PLR0913, PLR0917 - all that differs
    """A function of a setting: its validation losses, each of them reported."""
    inputs, targets, held, expected = data
    loss = F.mse_loss if targets.is_floating_point() else F.cross_entropy

    def train(hp, report=lambda *_, **__: None):
        model = build(hp)
        optimizer = optimize(model, hp)
        scheduler = schedule(optimizer, epochs * math.ceil(len(inputs) / batch))
        more = {} if loss is F.mse_loss else {"label_smoothing": hp["smoothing"]}
        curve = []
        for epoch in range(1, epochs + 1):
            model.train()
            for rows in torch.randperm(len(inputs)).split(batch):
                optimizer.zero_grad()
                loss(model(inputs[rows]), targets[rows], **more).backward()
                optimizer.step()
                scheduler.step()
            if epoch % every == 0:
                model.eval()
                with torch.no_grad():
                    curve.append(loss(model(held), expected).item())
                report(epoch, val_loss=curve[-1])
        return curve

    return train


def adamw(model, hp):
    return torch.optim.AdamW(model.parameters(), hp["lr"], weight_decay=hp["decay"])


def sgd(model, hp):
    return torch.optim.SGD(model.parameters(), hp["lr"], momentum=0.9, weight_decay=hp["decay"])


def cosine(optimizer, steps):
    return lr_scheduler.CosineAnnealingLR(optimizer, steps)


def constant(optimizer, _steps):
    return lr_scheduler.ConstantLR(optimizer, 1.0)


def warmed(optimizer, steps):
    def share(step):
        return min((step + 1) / (0.3 * steps), 0.5 * (1 + math.cos(math.pi * min(1, step / steps))))

    return lr_scheduler.LambdaLR(optimizer, share)


def stepped(optimizer, steps):
    return lr_scheduler.MultiStepLR(optimizer, [steps // 2, 3 * steps // 4], 0.1)


def convolution(hp):
    features = nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    return nn.Sequential(features, nn.Flatten(), perceptron(256, 64, 10, hp["dropout"]))


def digits_slow(_hp):
    return perceptron(64, 64, 10, norm=True)


def digits_mlp(hp):
    return perceptron(64, 64, 10, hp["dropout"])


def wine_mlp(_hp):
    return nn.Sequential(nn.Linear(13, 32), nn.ReLU(), perceptron(32, 32, 3))


def diabetes_mlp(hp):
    return nn.Sequential(nn.Linear(10, 64), nn.SiLU(), perceptron(64, 64, 1, hp["dropout"]))


def rate(default, low, high):
    return wellfit.log(default, low, high)


TASKS = (
    Task(
        "own rate far too low, cosine",
        {"lr": rate(1e-5, 1e-6, 1e-2), "decay": DECAY, "smoothing": SMOOTHING},
        training(digits(1400, 397), digits_slow, adamw, cosine, 10, 32),
    ),
    Task(
        "convolutions, cosine",
        {"lr": rate(1e-3, 1e-4, 5e-2), "decay": DECAY, "dropout": DROPOUT, "smoothing": SMOOTHING},
        training(digits(200, 500), convolution, adamw, cosine, 40, 40),
    ),
    Task(
        "raw inputs, six values",
        {"lr": rate(1e-3, 1e-4, 1e-1), "decay": DECAY, "smoothing": SMOOTHING},
        training(wine(), wine_mlp, adamw, constant, 30, 16, every=5),
    ),
    Task(
        "warm-up and cosine",
        {"lr": rate(1e-3, 1e-4, 1e-1), "decay": DECAY, "dropout": DROPOUT, "smoothing": SMOOTHING},
        training(digits(300, 700), digits_mlp, adamw, warmed, 20, 30),
    ),
    Task(
        "SGD, rate in steps",
        {"lr": rate(1e-2, 1e-3, 1), "decay": wellfit.log(1e-4, 1e-6, 1e-1), "dropout": DROPOUT, "smoothing": SMOOTHING},
        training(digits(400, 900), digits_mlp, sgd, stepped, 20, 34),
    ),
    Task(
        "constant rate, overfits",
        {"lr": rate(1e-3, 1e-4, 1e-1), "decay": DECAY, "dropout": DROPOUT},
        training(diabetes(), diabetes_mlp, adamw, constant, 30, 32),
    ),
)
