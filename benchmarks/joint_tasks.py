"""Twelve small-data tasks, each with a table of every setting of its space, trained by fused trials; no download.

python benchmarks/joint_tasks.py --all              # tables that are missing, into benchmarks/results/joint_tuning/
python benchmarks/joint_tasks.py --tasks "wine mlp"
"""

import argparse
import itertools
import pydoc_data.topics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lr_tasks import ALPHABET, CONTEXT, LENGTH, WORDS, characters, images, loss, pixels, table
from recipe_tasks import Part
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from torch import Tensor, nn

from wellfit.fuse.feed import TensorBatches
from wellfit.fuse.task import FusedTask
from wellfit.fuse.train import train_fused

FOLDER = Path(__file__).parent / "results" / "joint_tuning"
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
DECAYS = (0.0, 0.1, 0.6, 3.0)
DROPOUTS = (0.0, 0.25, 0.5, 0.75)
NOISES = {"input_noise": (0.0, 0.25, 0.5, 1.0), "label_smoothing": (0.0, 0.05, 0.15, 0.3)}
REPORTS = 9
"""Of each training, evenly spaced, the last one at its end."""

RUNGS = (0, 2, REPORTS - 1)
"""Reports that a table holds: where trainings may be ended early, about a ninth and a third, and the end."""


@dataclass(frozen=True)
class JointTask:
    """Data, a model by its dropout, and how long it is trained; the rest is the same for all."""

    name: str
    data: Callable[[], Part]
    model: Callable[[float], nn.Module]
    train: int
    steps: int = 200
    batch: int = 32
    third: str = "input_noise"
    """The third regularizer, beside weight decay and dropout."""
    seeds: int = 3

    @property
    def report_every(self) -> int:
        """Steps."""
        return -(-self.steps // REPORTS)

    @property
    def shares(self) -> tuple[float, ...]:
        """Of a whole training, up to each rung."""
        return tuple(min(1.0, (report + 1) * self.report_every / self.steps) for report in RUNGS)

    @property
    def space(self) -> dict[str, tuple[float, ...]]:
        """Levels by name; the first level of each regularizer is none."""
        return {"lr": RATES, "weight_decay": DECAYS, "dropout": DROPOUTS, self.third: NOISES[self.third]}


@dataclass(frozen=True)
class Table:
    """What every setting of a task came to.

    Attributes:
        space: levels by name; settings are their product, the last one fastest.
        validation: loss by setting, seed and rung; inf where the training failed.
        test: loss at the end by setting and seed; inf where the training failed.
        shares: of a whole training, up to each rung.
    """

    name: str
    space: dict[str, tuple[float, ...]]
    validation: np.ndarray
    test: np.ndarray
    shares: tuple[float, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of each axis."""
        return tuple(len(levels) for levels in self.space.values())


def digits_perceptron(width: int, *, outputs: int = 10, norm: bool = False) -> Callable[[float], nn.Module]:
    return perceptron(64, outputs, width, norm=norm)


def perceptron(inputs: int, outputs: int, width: int = 64, *, norm: bool = False) -> Callable[[float], nn.Module]:
    def made(dropout: float) -> nn.Module:
        def layer(i: int) -> list[nn.Module]:
            extra: list[nn.Module] = [nn.BatchNorm1d(width)] if norm else []
            return [nn.Linear(i, width, bias=not norm), *extra, nn.ReLU(), nn.Dropout(dropout)]

        return nn.Sequential(*layer(inputs), *layer(width), nn.Linear(width, outputs))

    return made


def convolutions(dropout: float) -> nn.Module:
    def block(i: int, o: int, stride: int) -> list[nn.Module]:
        return [nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

    body = [*block(1, 8, 2), *block(8, 16, 2), nn.Flatten()]
    return nn.Sequential(*body, nn.Dropout(dropout), nn.Linear(64, 10))


class Bag(nn.Module):
    """The mean of the words' vectors, dropped out, and a hidden layer."""

    def __init__(self, outputs: int, dropout: float) -> None:
        super().__init__()
        self.emb = nn.Embedding(WORDS, 16)
        inner = [nn.Dropout(dropout), nn.Linear(16, 32), nn.ReLU(), nn.Dropout(dropout)]
        self.body = nn.Sequential(*inner, nn.Linear(32, outputs))

    def forward(self, ids: Tensor) -> Tensor:
        return self.body(self.emb(ids).mean(1))


class Attention(nn.Module):
    """One layer of a transformer that names the next character at every place."""

    def __init__(self, dropout: float, d: int = 16) -> None:
        super().__init__()
        self.emb, self.where = nn.Embedding(ALPHABET, d), nn.Parameter(torch.randn(CONTEXT, d) * 0.02)
        self.body = nn.TransformerEncoderLayer(d, 2, 2 * d, dropout, batch_first=True, norm_first=True)
        self.head = nn.Linear(d, ALPHABET)
        self.register_buffer("mask", torch.triu(torch.ones(CONTEXT, CONTEXT, dtype=torch.bool), 1))

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.body(self.emb(ids) + self.where, src_mask=self.mask))


@cache
def topics() -> Part:
    """Which of Python's twenty longest help pages a piece of twelve words is from."""
    names = sorted(pydoc_data.topics.topics, key=lambda name: -len(pydoc_data.topics.topics[name]))[:20]
    pages = [pydoc_data.topics.topics[name].lower().split() for name in names]
    pieces = [[page[i : i + LENGTH] for i in range(0, len(page) - LENGTH, LENGTH)][:80] for page in pages]
    known = {w: i + 1 for i, (w, _) in enumerate(Counter(w for page in pages for w in page).most_common(WORDS - 1))}
    x = torch.tensor([[known.get(w, 0) for w in piece] for page in pieces for piece in page])
    return x, torch.tensor([label for label, page in enumerate(pieces) for _ in page])


def value() -> Part:
    x, y = pixels()
    return x, (y - y.float().mean()) / y.float().std()


def last_character() -> Part:
    x, y = characters()
    return x, y[:, -1].clone()


class Next(nn.Module):
    """A perceptron on the vectors of twelve characters."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.emb = nn.Embedding(ALPHABET, 8)
        inner = [nn.Dropout(dropout), nn.Linear(8 * CONTEXT, 48), nn.ReLU(), nn.Dropout(dropout)]
        self.body = nn.Sequential(*inner, nn.Linear(48, ALPHABET))

    def forward(self, ids: Tensor) -> Tensor:
        return self.body(self.emb(ids).flatten(1))


TASKS = (
    JointTask("digits 100 mlp", pixels, digits_perceptron(64), 100, seeds=5),
    JointTask("digits 200 mlp", pixels, digits_perceptron(64), 200),
    JointTask("digits 300 mlp+bn", pixels, digits_perceptron(48, norm=True), 300),
    JointTask("digits 150 cnn", images, convolutions, 150),
    JointTask("digits 300 cnn", images, convolutions, 300),
    JointTask("digit value 150 mlp", value, digits_perceptron(48, outputs=1), 150),
    JointTask("wine mlp", table(load_wine), perceptron(13, 3, 32), 50, batch=16, steps=150, seeds=5),
    JointTask("cancer mlp", table(load_breast_cancer), perceptron(30, 2, 32), 60, batch=16, steps=150),
    JointTask("diabetes mlp", table(load_diabetes, number=True), perceptron(10, 1, 48), 120, steps=200),
    JointTask("topics 20 bag", topics, lambda p: Bag(20, p), 600, third="label_smoothing"),
    JointTask("next character mlp", last_character, Next, 500, third="label_smoothing"),
    JointTask("chars transformer", characters, Attention, 400, batch=16, steps=150, third="label_smoothing"),
)


def parts(task: JointTask) -> tuple[Part, Part, int]:
    """Training rows; validation and test rows in one; how many of those validate."""
    x, y = task.data()
    order = torch.from_numpy(np.random.RandomState(11).permutation(len(x)))
    held = order[task.train :][:1200]
    train = order[: task.train]
    if x.dim() == 2 and x.is_floating_point():
        x = (x - x[train].mean(0)) / (x[train].std(0) + 1e-1)
    return (x[train], y[train]), (x[held], y[held]), len(held) // 2


def settings(task: JointTask) -> list[dict[str, float]]:
    return [dict(zip(task.space, levels, strict=True)) for levels in itertools.product(*task.space.values())]


def made(task: JointTask) -> Table:
    """Train every setting with every seed; seeds that were trained before are not trained again."""
    by_seed = [of_seed(task, seed) for seed in range(task.seeds)]
    validation, test = (np.stack(arrays, 1) for arrays in zip(*by_seed, strict=True))
    return Table(task.name, task.space, validation, test, task.shares)


def of_seed(task: JointTask, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Validation losses by setting and rung, and test losses by setting."""
    file = FOLDER / f"{task.name.replace(' ', '-')}.{seed}.npz"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        validation, test = trained(task, seed)
        np.savez_compressed(file, validation=validation, test=test)
    held = np.load(file)
    return held["validation"], held["test"]


def trained(task: JointTask, seed: int) -> tuple[np.ndarray, np.ndarray]:
    (x, y), held, cut = parts(task)
    metrics = {
        "validation": lambda output, target: loss(output[:cut], target[:cut]),
        "test": lambda output, target: loss(output[cut:], target[cut:]),
    }
    fused = FusedTask(
        build=lambda hp: task.model(hp["dropout"]),
        loss=loss,
        batches=TensorBatches(x, y, task.batch),
        steps=task.steps,
        validation=[held],
        metrics=metrics,
    )
    asked = [dict(setting, schedule="cosine") for setting in settings(task)]
    results = train_fused(fused, asked, seeds=[seed], report_every=task.report_every, fused=True, most=64)
    if not all(result.fused for result in results):
        raise SystemExit(f"{task.name}: {results[0].reason}")
    validation, test = np.full((len(asked), len(RUNGS)), np.inf), np.full(len(asked), np.inf)
    for i, result in enumerate(results):
        for rung, report in enumerate(RUNGS):
            if report < len(result.curve):
                validation[i, rung] = finite(result.curve[report].metrics["validation"])
        if result.failed_at is None:
            test[i] = finite(result.curve[-1].metrics["test"])
    return validation, test


def finite(value: float) -> float:
    return value if np.isfinite(value) else np.inf


def file_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-')}.npz"


def keep(made_table: Table) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    arrays: Mapping[str, Any] = {
        "validation": made_table.validation.astype(np.float32),
        "test": made_table.test.astype(np.float32),
    }
    np.savez_compressed(file_of(made_table.name), **arrays)
    for part in FOLDER.glob(f"{file_of(made_table.name).stem}.*.npz"):
        part.unlink()


def kept(task: JointTask) -> Table:
    held = np.load(file_of(task.name))
    validation, test = held["validation"].astype(float), held["test"].astype(float)
    return Table(task.name, task.space, validation, test, task.shares)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--tasks", nargs="*", default=[], choices=[task.name for task in TASKS])
    options = parser.parse_args()
    torch.set_num_threads(1)
    for task in TASKS:
        if task.name in options.tasks or (options.all and not file_of(task.name).exists()):
            began, clock = time.process_time(), time.perf_counter()
            keep(made(task))
            spent = time.process_time() - began
            print(f"{task.name}: {spent:.0f} CPU seconds, {time.perf_counter() - clock:.0f} by the clock", flush=True)


if __name__ == "__main__":
    main()
