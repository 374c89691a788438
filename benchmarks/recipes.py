"""Recipes, untouched, against Adam at 1e-3 without a schedule and against a random search, on small real tasks.

python benchmarks/recipes.py                 # recipe and Adam, 5 seeds, scored on the test parts
python benchmarks/recipes.py --search 50     # and a search of 50 trials
python benchmarks/recipes.py --dev           # on validation parts and other seeds: for choosing rules
python benchmarks/recipes.py --quick         # one task, one seed
"""

import argparse
import json
import math
import random
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from recipe_tasks import FRESH, TASKS, Task, score
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from wellfit.recipes.plan import recipe
from wellfit.schedules.schedule import schedule

SEEDS, DEV_SEEDS = range(5), range(100, 105)


@dataclass
class Setup:
    """What one training takes."""

    optimizer: torch.optim.Optimizer
    scheduler: object | None = None
    loss: Callable[[Tensor, Tensor], Tensor] | None = None
    augment: nn.Module | None = None
    clip: Callable[[nn.Module], object] | None = None


def plain(output: Tensor, target: Tensor) -> Tensor:
    if target.is_floating_point():
        return F.mse_loss(output.squeeze(-1), target)
    return F.cross_entropy(output.reshape(-1, output.shape[-1]), target.reshape(-1))


def by_recipe(model: nn.Module, loader: object, task: Task) -> Setup:
    plan = recipe(model, loader, task.epochs, optimizer=task.optimizer)
    plan.set_dropout(model)
    return Setup(*plan.build(model), plan.loss, plan.augment, plan.clip)


def by_adam(model: nn.Module, loader: object, task: Task) -> Setup:  # noqa: ARG001
    return Setup(torch.optim.Adam(model.parameters(), lr=1e-3))


def by_trial(trial: dict) -> Callable[[nn.Module, object, Task], Setup]:
    def make(model: nn.Module, loader: object, task: Task) -> Setup:
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = trial["dropout"]
        cls, extra = (torch.optim.SGD, {"momentum": 0.9}) if trial["sgd"] else (torch.optim.AdamW, {})
        optimizer = cls(model.parameters(), lr=trial["lr"], weight_decay=trial["wd"], **extra)
        return Setup(optimizer, schedule(optimizer, trial["schedule"], task.epochs * len(loader)))

    return make


def draw(rng: random.Random, task: Task) -> dict:
    sgd = task.name == "digits cnn"
    low, high = (-3, 0) if sgd else (-4, -1.5)
    return {
        "sgd": sgd,
        "lr": 10 ** rng.uniform(low, high),
        "wd": 10 ** rng.uniform(-5, -2 if sgd else 0),
        "dropout": rng.uniform(0, 0.5),
        "schedule": rng.choice(["constant", "cosine", "exponential"]),
    }


def train(task: Task, seed: int, setup_of: Callable, parts: tuple[str, ...]) -> dict[str, float]:
    torch.manual_seed(seed)
    data = task.data(seed)
    model = task.model()
    if task.graph:
        return train_graph(task, data, model, setup_of, parts)
    loader = DataLoader(TensorDataset(*data["train"]), task.batch, shuffle=True)
    setup = setup_of(model, loader, task)
    for _ in range(task.epochs):
        model.train()
        order = torch.randperm(len(data["train"][0])).split(task.batch)
        for at in order:
            x, y = (part[at] for part in data["train"])
            step(model, setup, (setup.augment(x) if setup.augment else x,), y, slice(None))
    model.eval()
    with torch.no_grad():
        return {name: score(model(data[name][0]), data[name][1], task.metric) for name in parts}


def train_graph(
    task: Task, data: dict, model: nn.Module, setup_of: Callable, parts: tuple[str, ...]
) -> dict[str, float]:
    features, adjacency = data["features"][0], task.graph()
    setup = setup_of(model, [0], task)
    at, y = data["train"]
    for _ in range(task.epochs):
        model.train()
        step(model, setup, (features, adjacency), y, at[:, 0])
    model.eval()
    with torch.no_grad():
        output = model(features, adjacency)
    return {name: score(output[data[name][0][:, 0]], data[name][1], task.metric) for name in parts}


def step(model: nn.Module, setup: Setup, inputs: tuple[Tensor, ...], target: Tensor, at: object) -> None:
    loss = (setup.loss or plain)(model(*inputs)[at], target)
    setup.optimizer.zero_grad()
    loss.backward()
    if setup.clip:
        setup.clip(model)
    setup.optimizer.step()
    if setup.scheduler:
        setup.scheduler.step()


def search(task: Task, trials: int, seed: int) -> dict:
    """The trial that validates best, on one seed; ties go to the first."""
    rng = random.Random(seed)
    drawn = [draw(rng, task) for _ in range(trials)]
    return max(drawn, key=lambda trial: finite(train(task, seed, by_trial(trial), ("validation",))["validation"]))


def finite(value: float) -> float:
    return value if math.isfinite(value) else -math.inf


def measure(task: Task, args: argparse.Namespace) -> dict:
    part, seeds = ("validation", DEV_SEEDS) if args.dev else ("test", SEEDS)
    seeds = list(seeds)[: args.seeds]
    ways = {"recipe": by_recipe, "adam": by_adam}
    start = time.process_time()
    if args.search:
        ways["search"] = by_trial(search(task, args.search, seeds[0]))
    spent = time.process_time() - start
    scores = {way: [train(task, seed, make, (part,))[part] for seed in seeds] for way, make in ways.items()}
    return {"task": task.name, "search_s": spent, **scores}


def lines(row: dict) -> Iterator[str]:
    medians = {way: statistics.median(row[way]) for way in ("recipe", "adam", "search") if way in row}
    yield f"{row['task']:18}" + "  ".join(f"{way} {median:.4f}" for way, median in medians.items())
    won = sum(a > b for a, b in zip(row["recipe"], row["adam"], strict=True))
    lost = sum(a < b for a, b in zip(row["recipe"], row["adam"], strict=True))
    share = f", {medians['recipe'] / medians['search']:.1%} of the search" if "search" in medians else ""
    yield f"{'':18}against Adam: {won} won, {lost} lost of {len(row['adam'])}{share}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--search", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="parts of tasks' names, with commas")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.quick:
        args.seeds, args.only, args.search = 1, "wine", 2
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = []
    for task in (t for t in (*TASKS, *FRESH) if any(part in t.name for part in args.only.split(","))):
        start = time.process_time()
        rows.append(measure(task, args))
        print(*lines(rows[-1]), f"{'':18}{time.process_time() - start:.0f} s of CPU", sep="\n", flush=True)
        if args.out:
            args.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
