"""Small real tasks, one for each family that a CPU trains in about a second; no download.

Each has a test part that is the same for all seeds and that no rule was chosen on; the rest is split by seed.
"""

import pydoc_data.topics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.neighbors import kneighbors_graph
from torch import Tensor, nn
from torch.nn import functional as F

Part = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Task:
    """One task: data, a model, a budget."""

    name: str
    data: Callable[[int], dict[str, Part]]
    model: Callable[[], nn.Module]
    epochs: int
    batch: int = 64
    optimizer: str | None = None
    metric: str = "accuracy"
    graph: Callable[[], Tensor] | None = None


def split(x: Tensor, y: Tensor, seed: int, *, standardize: bool = True) -> dict[str, Part]:
    """Half for tests, the same for all seeds; of the rest a fifth for validation."""
    fixed = torch.from_numpy(np.random.RandomState(12345).permutation(len(x)))
    test, rest = fixed[: len(x) // 2], fixed[len(x) // 2 :]
    rest = rest[torch.from_numpy(np.random.RandomState(seed).permutation(len(rest)))]
    validation, train = rest[: len(rest) // 5], rest[len(rest) // 5 :]
    if standardize:
        x = (x - x[train].mean(0)) / (x[train].std(0) + 1e-6)
    return {name: (x[at], y[at]) for name, at in (("train", train), ("validation", validation), ("test", test))}


def table(load: Callable, *, number: bool = False) -> Callable[[int], dict[str, Part]]:
    x, y = load(return_X_y=True)
    target = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32) if number else torch.tensor(y)
    return lambda seed: split(torch.tensor(x, dtype=torch.float32), target, seed)


def images(seed: int) -> dict[str, Part]:
    x, y = load_digits(return_X_y=True)
    return split(
        torch.tensor(x, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16, torch.tensor(y), seed, standardize=False
    )


def perceptron(inputs: int, outputs: int, width: int = 128) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(width, outputs),
    )


def convolutions() -> nn.Module:
    def block(i: int, o: int, stride: int) -> list[nn.Module]:
        return [nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

    return nn.Sequential(
        *block(1, 16, 1),
        *block(16, 32, 2),
        *block(32, 32, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(32, 10),
    )


class Transformer(nn.Module):
    """Over patches, tokens or columns; looks back only, if asked to."""

    def __init__(self, *, first: nn.Module, length: int, outputs: int, causal: bool = False, d: int = 32) -> None:
        super().__init__()
        self.first, self.where = first, nn.Parameter(torch.randn(1, length, d) * 0.02)
        layer = nn.TransformerEncoderLayer(d, 4, 2 * d, 0.1, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, outputs)
        self.register_buffer("mask", torch.triu(torch.ones(length, length, dtype=torch.bool), 1) if causal else None)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = x.flatten(2).transpose(1, 2) if x.dim() == 4 else x
        x = self.body(x + self.where, mask=self.mask)
        return self.head(self.norm(x if self.mask is not None else x.mean(1)))


class Columns(nn.Module):
    """A token for each column of a table."""

    def __init__(self, n: int, d: int = 32) -> None:
        super().__init__()
        self.weight, self.shift = nn.Parameter(torch.randn(n, d) * 0.1), nn.Parameter(torch.randn(n, d) * 0.1)

    def forward(self, x: Tensor) -> Tensor:
        return x[..., None] * self.weight + self.shift


class Recurrent(nn.Module):
    """Reads tokens; answers at the end, or at every place."""

    def __init__(self, vocabulary: int, outputs: int, *, everywhere: bool = False, kind: type = nn.GRU) -> None:
        super().__init__()
        self.emb, self.rnn = nn.Embedding(vocabulary, 32), kind(32, 64, batch_first=True)
        self.drop, self.head, self.everywhere = nn.Dropout(0.1), nn.Linear(64, outputs), everywhere

    def forward(self, ids: Tensor) -> Tensor:
        h = self.rnn(self.emb(ids))[0]
        return self.head(self.drop(h if self.everywhere else h[:, -1]))


class Graph(nn.Module):
    """Two graph convolutions."""

    def __init__(self, inputs: int, outputs: int, width: int = 32) -> None:
        super().__init__()
        self.one, self.drop, self.two = nn.Linear(inputs, width), nn.Dropout(0.1), nn.Linear(width, outputs)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        return adjacency @ self.two(self.drop(torch.relu(adjacency @ self.one(x))))


PAGES = sorted(pydoc_data.topics.topics, key=lambda name: -len(pydoc_data.topics.topics[name]))
TOPICS, OTHERS = PAGES[:8], PAGES[8:24]
WORDS, LENGTH, CONTEXT = 1000, 24, 32


def documents(seed: int, topics: list[str] = TOPICS) -> dict[str, Part]:
    """Which of Python's longest help pages a piece of 24 words is from; pages are cut into runs of pieces."""
    pages = [pydoc_data.topics.topics[name].lower().split() for name in topics]
    pieces = [[page[i : i + LENGTH] for i in range(0, len(page) - LENGTH, LENGTH)][:120] for page in pages]
    known = {w: i + 1 for i, (w, _) in enumerate(Counter(w for page in pages for w in page).most_common(WORDS - 1))}
    x = torch.tensor([[known.get(w, 0) for w in piece] for page in pieces for piece in page])
    y = torch.tensor([label for label, page in enumerate(pieces) for _ in page])
    return split(x, y, seed, standardize=False)


def characters(seed: int, topics: list[str] = TOPICS) -> dict[str, Part]:
    """The next character of Python's help pages; stretches of one text are validation and test."""
    text = "".join(pydoc_data.topics.topics[name] for name in topics)[:60_000].lower()
    ids = torch.tensor([min(ord(c), 127) for c in text])
    cut = ids[: len(ids) // (CONTEXT + 1) * (CONTEXT + 1)].reshape(-1, CONTEXT + 1)
    return split(cut[:, :-1].clone(), cut[:, 1:].clone(), seed, standardize=False)


def neighbours() -> Tensor:
    """Digits joined with the eight most similar ones, symmetric, each row summing to about one."""
    x, _ = load_digits(return_X_y=True)
    a = torch.tensor(kneighbors_graph(x, 8).toarray(), dtype=torch.float32)
    a = ((a + a.T) > 0).float() + torch.eye(len(a))
    scale = a.sum(1).rsqrt()
    return (a * scale[:, None] * scale).to_sparse()


def nodes(seed: int) -> dict[str, Part]:
    """The digits as nodes; eight pixels stay visible; 60 train."""
    x, y = load_digits(return_X_y=True)
    parts = split(torch.arange(len(x))[:, None], torch.tensor(y), seed, standardize=False)
    at, labels = parts["train"]
    return parts | {
        "train": (at[:60], labels[:60]),
        "features": (torch.tensor(x[:, 16:40], dtype=torch.float32) / 16, labels),
    }


TASKS = (
    Task(
        "digits mlp",
        lambda s: {k: (x.flatten(1), y) for k, (x, y) in images(s).items()},
        lambda: perceptron(64, 10),
        30,
    ),
    Task("digits cnn", images, convolutions, 20),
    Task("digits cnn adamw", images, convolutions, 20, optimizer="AdamW"),
    Task("digits vit", images, lambda: Transformer(first=nn.Conv2d(1, 32, 2, 2), length=16, outputs=10), 20),
    Task("cancer mlp", table(load_breast_cancer), lambda: perceptron(30, 2), 40, 32),
    Task("wine mlp", table(load_wine), lambda: perceptron(13, 3), 40, 32),
    Task("diabetes mlp", table(load_diabetes, number=True), lambda: perceptron(10, 1), 40, 32, metric="r2"),
    Task(
        "cancer tokens", table(load_breast_cancer), lambda: Transformer(first=Columns(30), length=30, outputs=2), 15, 32
    ),
    Task(
        "docs encoder", documents, lambda: Transformer(first=nn.Embedding(WORDS, 32), length=LENGTH, outputs=8), 15, 32
    ),
    Task("docs gru", documents, lambda: Recurrent(WORDS, 8), 15, 32),
    Task(
        "chars gpt",
        characters,
        lambda: Transformer(first=nn.Embedding(128, 32), length=CONTEXT, outputs=128, causal=True),
        8,
        32,
    ),
    Task("chars gru", characters, lambda: Recurrent(128, 128, everywhere=True), 8, 32),
    Task("digits gcn", nodes, lambda: Graph(24, 10), 150, graph=neighbours),
)

FRESH = (
    Task(
        "others encoder",
        lambda s: documents(s, OTHERS),
        lambda: Transformer(first=nn.Embedding(WORDS, 32), length=LENGTH, outputs=len(OTHERS)),
        25,
        32,
    ),
    Task("others lstm", lambda s: documents(s, OTHERS), lambda: Recurrent(WORDS, len(OTHERS), kind=nn.LSTM), 25, 32),
    Task(
        "others chars lstm",
        lambda s: characters(s, OTHERS),
        lambda: Recurrent(128, 128, everywhere=True, kind=nn.LSTM),
        12,
        16,
    ),
    Task(
        "others chars gpt",
        lambda s: characters(s, OTHERS),
        lambda: Transformer(first=nn.Embedding(128, 48), length=CONTEXT, outputs=128, causal=True, d=48),
        12,
        16,
    ),
)
"""Tasks that were made when the rules stood, and on which none was chosen."""


def score(output: Tensor, target: Tensor, metric: str) -> float:
    """Accuracy, or the share of the variance that is explained."""
    if metric == "r2":
        return float(1 - F.mse_loss(output.squeeze(-1), target) / target.var(unbiased=False))
    return float((output.argmax(-1) == target).float().mean())
