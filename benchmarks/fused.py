"""Fused trials against plain training, one trial after another: times of a step and trials per second, by model.

python benchmarks/fused.py                        # all models, one CPU thread
python benchmarks/fused.py --device cuda          # the same on a GPU
python benchmarks/fused.py --models "mlp 64" cnn  # some

Plain is torch's own modules, dropouts and optimizer, without anything of ours; all contestants of a model take turns.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.fuse.anatomy import observed
from wellfit.fuse.built import Trial, build, groups
from wellfit.fuse.feed import Feed, TensorBatches
from wellfit.fuse.probe import decide
from wellfit.fuse.settings import steps_of
from wellfit.fuse.task import FusedTask
from wellfit.fuse.together import Together

COUNTS = (1, 8, 32, 64)
BATCH = 32


def perceptron(width: int) -> Callable[[Any], nn.Module]:
    def made(hp: Mapping[str, Any]) -> nn.Module:
        def layer(inputs: int) -> list[nn.Module]:
            return [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(hp["dropout"])]

        return nn.Sequential(*layer(64), *layer(width), nn.Linear(width, 10))

    return made


def convolutions(hp: Mapping[str, Any]) -> nn.Module:
    def block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

    body = [*block(1, 8, 1), *block(8, 16, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten()]
    return nn.Sequential(nn.Unflatten(1, (1, 8, 8)), *body, nn.Dropout(hp["dropout"]), nn.Linear(64, 10))


class Rows(nn.Module):
    """Rows of a digit as a sequence of eight."""

    def __init__(self, body: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.first, self.body, self.dropout = nn.Linear(8, width), body, nn.Dropout(dropout)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.body(self.first(x.unflatten(1, (8, 8))))
        hidden = hidden[0] if isinstance(hidden, tuple) else hidden
        return self.head(self.dropout(hidden.mean(1)))


def transformer(hp: Mapping[str, Any]) -> nn.Module:
    layer = nn.TransformerEncoderLayer(32, 4, 64, hp["dropout"], batch_first=True, norm_first=True)
    return Rows(layer, 32, hp["dropout"])


def recurrent(hp: Mapping[str, Any]) -> nn.Module:
    return Rows(nn.GRU(32, 32, batch_first=True), 32, hp["dropout"])


MODELS = {
    "mlp 32": perceptron(32),
    "mlp 64": perceptron(64),
    "mlp 256": perceptron(256),
    "cnn": convolutions,
    "transformer": transformer,
    "gru": recurrent,
}


@dataclass(frozen=True)
class Row:
    """One model with some trials at once; milliseconds of a step."""

    model: str
    trials: int
    plain_ms: float
    fused_ms: float | None
    decision: str

    @property
    def cost(self) -> float:
        """Of a step of all, in steps of one trial alone."""
        return (self.fused_ms or self.trials * self.plain_ms) / self.plain_ms


def plain(made: Callable[[Any], nn.Module], data: TensorBatches, device: str) -> Callable[[], None]:
    torch.manual_seed(0)
    model = made({"dropout": 0.2}).to(device)
    optimizer, batches = torch.optim.AdamW(model.parameters(), 1e-3), data(0)

    def step() -> None:
        inputs, targets = next(batches)
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        optimizer.step()

    return step


def fused(made: Callable[[Any], nn.Module], data: TensorBatches, count: int, device: str) -> tuple[Any, str]:
    """The step of all at once, None where there is none, and what the probe says."""
    task = FusedTask(made, F.cross_entropy, data, steps=100_000, device=device)
    settings = [
        {"lr": 1e-3 * (1 + i / count), "weight_decay": 0.01 * i, "dropout": 0.01 + 0.005 * i} for i in range(count)
    ]
    steps = steps_of(task, settings)
    trials = [
        Trial(i, s, 0, step, build(task, s, 0, set())) for i, (s, step) in enumerate(zip(settings, steps, strict=True))
    ]
    (group,) = groups(trials)
    anatomy = observed(task, trials[0], Feed(task, [0]).next())
    decision = decide(task, group, anatomy, most=None, asked=count == 1)
    return None if decision.refused else Together(task, group, anatomy).step, decision.reason


def in_turns(contestants: dict[str, Callable[[], object]], rounds: int, device: str) -> dict[str, float]:
    """Median milliseconds: of the thread's CPU time, on a GPU of the clock with all of its work done."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    clock = time.perf_counter if device == "cuda" else time.process_time
    for number in range(rounds + 2):
        for name, run in contestants.items():
            gc.collect(0)
            run()  # the others have emptied the cache, in which one trial alone finds all of its last step
            began = clock()
            for _ in range(3):
                run()
            if device == "cuda":
                torch.cuda.synchronize()
            if number > 1:
                taken[name].append(1e3 * (clock() - began) / 3)
    return {name: statistics.median(ms) for name, ms in taken.items()}


def measured(name: str, rounds: int, device: str) -> list[Row]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(512, 64, generator=generator)
    targets = (inputs @ torch.randn(64, 10, generator=generator)).argmax(1)
    data = TensorBatches(inputs.to(device), targets.to(device), BATCH)
    made = {count: fused(MODELS[name], data, count, device) for count in COUNTS}
    contestants = {str(count): step for count, (step, _) in made.items() if step is not None}
    times = in_turns({"plain": plain(MODELS[name], data, device)} | contestants, rounds, device)
    return [Row(name, c, times["plain"], times.get(str(c)), made[c][1]) for c in COUNTS]


def table(rows: list[Row]) -> str:
    lines = [
        "| model | trials | one plain, ms | all fused, ms | all cost, in plain ones | trials per second, times plain |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        took = "-" if row.fused_ms is None else f"{row.fused_ms:.2f}"
        gain = row.trials / row.cost
        lines.append(f"| {row.model} | {row.trials} | {row.plain_ms:.2f} | {took} | {row.cost:.1f} | {gain:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=MODELS)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [row for name in options.models for row in measured(name, options.rounds, options.device)]
    print(table(rows))
    for row in rows:
        print(f"{row.model}, {row.trials}: {row.decision}")
    if options.results:
        options.results.write_text(json.dumps([vars(row) for row in rows], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
