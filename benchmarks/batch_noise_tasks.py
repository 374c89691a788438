"""Small trainings of the noise benchmark: those that rules were decided on, and those looked at afterwards."""

import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from sklearn import datasets
from torch import Tensor, nn


@dataclass(frozen=True)
class Task:
    """One training by gradient descent.

    Args:
        name: for the table.
        x: inputs, one row an example.
        y: targets.
        make: the model.
        loss: of outputs and targets.
        targets: losses of the whole data that are to be met.
        momentum: of the descent.
    """

    name: str
    x: Tensor
    y: Tensor
    make: Callable[[], nn.Module]
    loss: Callable[[Tensor, Tensor], Tensor]
    targets: tuple[float, ...]
    momentum: float = 0.0


def net(inputs, outputs, width=64):
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, outputs))


def scaled(x):
    return torch.tensor((x - x.mean(0)) / (x.std(0) + 1e-6), dtype=torch.float32)


def shuffled(x, y):
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return x[order], y[order]


def classes(x, y):
    return shuffled(scaled(x), torch.tensor(y))


def numbers(x, y):
    return shuffled(scaled(x), scaled(y[:, None]))


CE, MSE = nn.CrossEntropyLoss(), nn.MSELoss()


def iris():
    return Task("iris, MLP", *classes(*datasets.load_iris(return_X_y=True)), lambda: net(4, 3, 16), CE, (0.2, 0.06))


def friedman():
    x, y = datasets.make_friedman1(2000, noise=1.0, random_state=0)
    return Task("Friedman 1, MLP", *numbers(x, y), lambda: net(10, 1, 32), MSE, (0.15, 0.08))


def hastie():
    x, y = datasets.make_hastie_10_2(3000, random_state=0)
    return Task("Hastie 10.2, MLP", *classes(x, (y > 0).astype(int)), lambda: net(10, 2, 32), CE, (0.3, 0.15))


def moons():
    x, y = datasets.make_moons(1000, noise=0.2, random_state=0)
    return Task("moons, MLP", *classes(x, y), lambda: net(2, 2, 32), CE, (0.2, 0.1))


def blobs():
    x, y = datasets.make_classification(1500, 30, n_informative=12, n_classes=4, class_sep=1.0, random_state=0)
    return Task("clusters, linear", *classes(x, y), lambda: nn.Linear(30, 4), CE, (1.02, 1.0), 0.9)


def docstrings(length=8):
    """Letters of docstrings and the one that follows."""
    texts = []
    for module in sorted(
        m.name
        for m in pkgutil.iter_modules()
        if m.name in {"argparse", "logging", "random", "statistics", "tarfile", "zipfile", "csv", "json"}
    ):
        loaded = __import__(module)
        texts += [inspect.getdoc(value) or "" for _, value in sorted(vars(loaded).items()) if callable(value)]
    text = re.sub(r"[^a-z ]+", " ", " ".join(texts).lower())
    text = re.sub(" +", " ", text)
    numbers_ = torch.tensor([0 if c == " " else ord(c) - 96 for c in text])
    x = numbers_.unfold(0, length + 1, 1)
    return shuffled(x[:, :length], x[:, length])


class Letters(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(27, 12)
        self.body = net(96, 27)

    def forward(self, letters):
        return self.body(self.embed(letters).flatten(-2))


def letters():
    x, y = docstrings()
    return Task("next letter, MLP", x[:12000], y[:12000], Letters, CE, (2.4, 2.1))


def digits():
    return Task("digits, MLP", *classes(*datasets.load_digits(return_X_y=True)), lambda: net(64, 10), CE, (0.02,))


def cancer():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return Task("breast cancer, MLP", *classes(x, y), lambda: net(30, 2), CE, (0.02,))


def wine():
    return Task("wine, linear", *classes(*datasets.load_wine(return_X_y=True)), lambda: nn.Linear(13, 3), CE, (0.01,))


def diabetes():
    x, y = datasets.load_diabetes(return_X_y=True)
    return Task("diabetes, MLP", *numbers(x, y), lambda: net(10, 1), MSE, (0.34,))


DECIDED_ON = (iris, friedman, hastie, moons, blobs, letters)
LOOKED_AT_AFTERWARDS = (digits, cancer, wine, diabetes)
