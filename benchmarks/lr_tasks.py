"""Small real tasks for learning-rate finders, each with the optimizers that it is tried with; no download.

Rules were chosen on DEVELOPMENT pairs alone. HELD_OUT pairs are other data, other models or both.
"""

import pydoc_data.topics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from recipe_tasks import Part, neighbours
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from torch import Tensor, nn
from torch.nn import functional as F

OPTIMIZERS = {
    "SGD": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9),
    "Adam": lambda parameters, lr: torch.optim.Adam(parameters, lr=lr),
    "AdamW": lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, weight_decay=0.1),
}
TOPICS = sorted(pydoc_data.topics.topics, key=lambda name: -len(pydoc_data.topics.topics[name]))[:8]
WORDS, LENGTH, CONTEXT, ALPHABET = 1000, 12, 12, 64


@dataclass(frozen=True)
class Task:
    """One task: data, a model, a budget, and what it is trained with."""

    name: str
    data: Callable[[], Part]
    model: Callable[[], nn.Module]
    optimizers: tuple[str, ...]
    steps: int = 250
    batch: int = 32
    quick: bool = False
    """Whether a training takes a tenth of a second, so that more seeds can be had."""
    train: int | None = None
    """Samples that train; by default 60 % of all."""


@dataclass(frozen=True)
class Pair:
    """A task with one optimizer."""

    task: Task
    optimizer: str
    development: bool

    @property
    def name(self) -> str:
        return f"{self.task.name}, {self.optimizer}"


@cache
def split(task: Task) -> tuple[Part, Part]:
    """Training and validation part, the same for all seeds; columns of tables are standardized by the first."""
    x, y = task.data()
    order = torch.from_numpy(np.random.RandomState(7).permutation(len(x)))
    cut = task.train or len(x) * 6 // 10
    train, validation = order[:cut], order[cut : cut + 600]
    if x.dim() == 2 and x.is_floating_point() and x.shape[1] != 64:
        x = (x - x[train].mean(0)) / (x[train].std(0) + 1e-6)
    return (x[train], y[train]), (x[validation], y[validation])


def loss(output: Tensor, target: Tensor) -> Tensor:
    if target.is_floating_point():
        return F.mse_loss(output.squeeze(-1), target)
    return F.cross_entropy(output.reshape(-1, output.shape[-1]), target.reshape(-1))


def table(load: Callable, *, number: bool = False) -> Callable[[], Part]:
    x, y = load(return_X_y=True)
    target = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32) if number else torch.tensor(y)
    return lambda: (torch.tensor(x, dtype=torch.float32), target)


@cache
def pixels() -> Part:
    x, y = load_digits(return_X_y=True)
    return torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)


def images() -> Part:
    x, y = pixels()
    return x.reshape(-1, 1, 8, 8), y


def halves() -> Part:
    """The lower half of each digit from its upper half."""
    x, _ = pixels()
    return x[:, :32].contiguous(), x[:, 32:].contiguous()


def nodes() -> Part:
    x, y = pixels()
    return torch.arange(len(x)), y


@cache
def documents() -> Part:
    """Which of Python's eight longest help pages a piece of 12 words is from."""
    pages = [pydoc_data.topics.topics[name].lower().split() for name in TOPICS]
    pieces = [[page[i : i + LENGTH] for i in range(0, len(page) - LENGTH, LENGTH)][:160] for page in pages]
    known = {w: i + 1 for i, (w, _) in enumerate(Counter(w for page in pages for w in page).most_common(WORDS - 1))}
    x = torch.tensor([[known.get(w, 0) for w in piece] for page in pieces for piece in page])
    return x, torch.tensor([label for label, page in enumerate(pieces) for _ in page])


@cache
def characters() -> Part:
    """The next character of Python's help pages."""
    text = "".join(pydoc_data.topics.topics[name] for name in TOPICS)[:30_000].lower()
    known = {c: i + 1 for i, (c, _) in enumerate(Counter(text).most_common(ALPHABET - 1))}
    ids = torch.tensor([known.get(c, 0) for c in text])
    cut = ids[: len(ids) // (CONTEXT + 1) * (CONTEXT + 1)].reshape(-1, CONTEXT + 1)
    return cut[:, :-1].clone(), cut[:, 1:].clone()


def perceptron(inputs: int, outputs: int, *, width: int = 64, norm: bool = False, dropout: float = 0.0) -> nn.Module:
    def layer(i: int) -> list[nn.Module]:
        extra: list[nn.Module] = [nn.BatchNorm1d(width)] if norm else []
        return [nn.Linear(i, width), *extra, nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]

    return nn.Sequential(*layer(inputs), *layer(width), nn.Linear(width, outputs))


def convolutions(*, norm: bool) -> nn.Module:
    def block(i: int, o: int, stride: int) -> list[nn.Module]:
        extra: list[nn.Module] = [nn.BatchNorm2d(o)] if norm else []
        return [nn.Conv2d(i, o, 3, stride, 1, bias=not norm), *extra, nn.ReLU()]

    return nn.Sequential(*block(1, 8, 1), *block(8, 16, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 10))


class Bag(nn.Module):
    """The mean of the words' vectors, and a hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.emb, self.body = nn.EmbeddingBag(WORDS, 32), nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 8))

    def forward(self, ids: Tensor) -> Tensor:
        return self.body(self.emb(ids))


class Graph(nn.Module):
    """Two graph convolutions over all digits; answers for the nodes asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("features", pixels()[0][:, 16:40].contiguous())
        self.register_buffer("adjacency", neighbours())
        self.one, self.two = nn.Linear(24, 32), nn.Linear(32, 10)

    def forward(self, at: Tensor) -> Tensor:
        hidden = torch.relu(self.adjacency @ self.one(self.features))
        return (self.adjacency @ self.two(hidden))[at]


class Recurrent(nn.Module):
    """A GRU that answers at the end, or at every place."""

    def __init__(self, tokens: int, outputs: int, *, everywhere: bool) -> None:
        super().__init__()
        self.emb, self.rnn = nn.Embedding(tokens, 32), nn.GRU(32, 48, batch_first=True)
        self.head, self.everywhere = nn.Linear(48, outputs), everywhere

    def forward(self, ids: Tensor) -> Tensor:
        hidden = self.rnn(self.emb(ids))[0]
        return self.head(hidden if self.everywhere else hidden.mean(1))


class Attention(nn.Module):
    """One layer of a transformer that answers at every place, looking back only, or once for all places."""

    def __init__(self, tokens: int, outputs: int, *, causal: bool, d: int = 32) -> None:
        super().__init__()
        self.emb, self.where = nn.Embedding(tokens, d), nn.Parameter(torch.randn(CONTEXT, d) * 0.02)
        self.body = nn.TransformerEncoderLayer(d, 4, 2 * d, 0.1, batch_first=True, norm_first=True)
        self.norm, self.head, self.causal = nn.LayerNorm(d), nn.Linear(d, outputs), causal
        self.register_buffer("mask", torch.triu(torch.ones(CONTEXT, CONTEXT, dtype=torch.bool), 1))

    def forward(self, ids: Tensor) -> Tensor:
        x = self.body(self.emb(ids) + self.where, src_mask=self.mask if self.causal else None)
        return self.head(self.norm(x if self.causal else x.mean(1)))


ALL = ("SGD", "Adam", "AdamW")

DEVELOPMENT = (
    Task("digits mlp", pixels, lambda: perceptron(64, 10), ALL),
    Task("cancer mlp+bn", table(load_breast_cancer), lambda: perceptron(30, 2, norm=True), ALL, steps=200, quick=True),
    Task("diabetes mlp", table(load_diabetes, number=True), lambda: perceptron(10, 1), ALL, steps=300, quick=True),
    Task("topics bag", documents, Bag, ALL),
    Task("digits cnn", images, lambda: convolutions(norm=False), ALL),
    Task("chars gru", characters, lambda: Recurrent(ALPHABET, ALPHABET, everywhere=True), ("SGD", "AdamW"), batch=16),
)
HELD_OUT = (
    Task("digits cnn+bn", images, lambda: convolutions(norm=True), ALL),
    Task("wine mlp", table(load_wine), lambda: perceptron(13, 3), ALL, steps=200, batch=16, quick=True),
    Task("cancer mlp", table(load_breast_cancer), lambda: perceptron(30, 2, dropout=0.2), ALL, steps=200, quick=True),
    Task(
        "diabetes mlp+bn",
        table(load_diabetes, number=True),
        lambda: perceptron(10, 1, norm=True),
        ("SGD", "Adam"),
        quick=True,
    ),
    Task("digit halves", halves, lambda: perceptron(32, 32), ("SGD", "AdamW")),
    Task("topics encoder", documents, lambda: Attention(WORDS, 8, causal=False), ("Adam",), batch=16),
    Task("topics gru", documents, lambda: Recurrent(WORDS, 8, everywhere=False), ("Adam",), batch=16),
    Task("chars gpt", characters, lambda: Attention(ALPHABET, ALPHABET, causal=True), ("AdamW",), batch=16),
    Task("digits gcn", nodes, Graph, ("SGD", "Adam"), steps=200, train=120),
)


def pairs() -> Iterator[Pair]:
    for tasks, development in ((DEVELOPMENT, True), (HELD_OUT, False)):
        for task in tasks:
            yield from (Pair(task, optimizer, development) for optimizer in task.optimizers)
