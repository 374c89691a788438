"""More tasks on which the rules of the learning-rate finder were chosen; no rival is measured on them.

python benchmarks/lr_finders.py --truth more.json --more --methods wellfit
"""

import argparse
import difflib
import doctest
import inspect
import logging
import pickle
import re
import subprocess
import tarfile
import threading
from collections import Counter
from collections.abc import Iterator
from functools import cache

import torch
from lr_tasks import (
    ALPHABET,
    CONTEXT,
    LENGTH,
    WORDS,
    Attention,
    Bag,
    Pair,
    Recurrent,
    Task,
    convolutions,
    images,
    perceptron,
    pixels,
    table,
)
from recipe_tasks import Part
from sklearn.datasets import load_iris
from torch import Tensor, nn

MODULES = (argparse, tarfile, threading, subprocess, logging, doctest, pickle, difflib)


@cache
def code() -> Part:
    """The next character of modules of Python."""
    text = "".join(inspect.getsource(module)[2000:6000] for module in MODULES)
    known = {c: i + 1 for i, (c, _) in enumerate(Counter(text).most_common(ALPHABET - 1))}
    ids = torch.tensor([known.get(c, 0) for c in text])
    cut = ids[: len(ids) // (CONTEXT + 1) * (CONTEXT + 1)].reshape(-1, CONTEXT + 1)
    return cut[:, :-1].clone(), cut[:, 1:].clone()


def last_of_code() -> Part:
    x, y = code()
    return x, y[:, -1].clone()


@cache
def modules() -> Part:
    """Which module of Python a piece of 12 words is from."""
    pages = [re.findall(r"[A-Za-z_]+|[^\sA-Za-z_]", inspect.getsource(module)) for module in MODULES]
    pieces = [[page[i : i + LENGTH] for i in range(0, len(page) - LENGTH, LENGTH)][:160] for page in pages]
    known = {w: i + 1 for i, (w, _) in enumerate(Counter(w for page in pages for w in page).most_common(WORDS - 1))}
    x = torch.tensor([[known.get(w, 0) for w in piece] for page in pieces for piece in page])
    return x, torch.tensor([label for label, page in enumerate(pieces) for _ in page])


def parity() -> Part:
    x, y = images()
    return x, y % 2


def value() -> Part:
    x, y = pixels()
    return x, (y - y.float().mean()) / y.float().std()


def rows() -> Part:
    x, y = pixels()
    return x.reshape(-1, 8, 8), y


def itself() -> Part:
    x, _ = pixels()
    return x, x.clone()


class Rows(nn.Module):
    """A GRU over the rows of a digit."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.GRU(8, 32, batch_first=True), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0][:, -1])


class Next(nn.Module):
    """A perceptron on the vectors of twelve characters."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(ALPHABET, 16)
        self.body = nn.Sequential(nn.Linear(16 * CONTEXT, 128), nn.ReLU(), nn.Linear(128, ALPHABET))

    def forward(self, ids: Tensor) -> Tensor:
        return self.body(self.emb(ids).flatten(1))


class Residual(nn.Module):
    """Three residual blocks with layer norm."""

    def __init__(self, d: int = 48) -> None:
        super().__init__()
        self.first, self.norm, self.head = nn.Linear(64, d), nn.LayerNorm(d), nn.Linear(d, 10)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d)) for _ in range(3)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.norm(x))


def deep(kind: type[nn.Module], layers: int, width: int = 48) -> nn.Module:
    inner = [part for _ in range(layers - 1) for part in (nn.Linear(width, width), kind())]
    return nn.Sequential(nn.Linear(64, width), kind(), *inner, nn.Linear(width, 10))


def two_classes() -> nn.Module:
    model = convolutions(norm=True)
    model[-1] = nn.Linear(64, 2)
    return model


BOTH = ("SGD", "Adam")
DECAYED = ("SGD", "AdamW")
MORE = (
    Task("few digits mlp", pixels, lambda: perceptron(64, 10), BOTH, train=150),
    Task("parity cnn+bn", parity, two_classes, DECAYED),
    Task("digit value mlp", value, lambda: perceptron(64, 1), BOTH, steps=400),
    Task("iris mlp", table(load_iris), lambda: perceptron(4, 3), BOTH, steps=200, batch=16, quick=True),
    Task("digit rows gru", rows, Rows, DECAYED),
    Task("code mlp", last_of_code, Next, DECAYED),
    Task("modules bag", modules, Bag, ("Adam",)),
    Task("modules gru", modules, lambda: Recurrent(WORDS, 8, everywhere=False), ("SGD",), batch=16),
    Task("digits again mlp", itself, lambda: perceptron(64, 64, width=24), BOTH, batch=64, steps=300),
    Task("digits residual", pixels, Residual, DECAYED),
    Task("code gpt", code, lambda: Attention(ALPHABET, ALPHABET, causal=True), ("Adam",), batch=16),
    Task("digits linear", pixels, lambda: nn.Linear(64, 10), BOTH, steps=300),
    Task("digits deep tanh", pixels, lambda: deep(nn.Tanh, 4), BOTH),
    Task("digits sigmoid", pixels, lambda: deep(nn.Sigmoid, 2), BOTH, steps=400),
)


def more_pairs() -> Iterator[Pair]:
    for task in MORE:
        yield from (Pair(task, optimizer, development=True) for optimizer in task.optimizers)
