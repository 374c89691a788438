"""What `wellfit run` costs the run: at its start, and for each second of training.

python benchmarks/record_cost.py                 # some eight minutes
python benchmarks/record_cost.py --pairs 3 --only tiny

At the start: seconds from the launch to the first line of the script, which imports nothing, beside Python alone and
beside the same launch with nothing recorded. While training: the script's own user CPU and wall seconds from its
second epoch on, with and without a record, in pairs that take turns at going first.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run_records import make_repository

FIRST = 'print("here", flush=True)\n'
UNRECORDED = """\
import sys
from wellfit.model.run import WatchSettings
from wellfit.script.launch import launch
launch((sys.executable, "first.py"), WatchSettings(sys.argv[1], wanted=(), lean=True))
"""
TRAIN = """\
import argparse, resource, time
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--model")
parser.add_argument("--epochs", type=int)
args = parser.parse_args()
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=64, shuffle=True)


def block(width):
    return nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())


def layer():
    return nn.TransformerEncoderLayer(96, 4, 192, batch_first=True)


if args.model == "tiny":
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
elif args.model == "wide":
    net = nn.Sequential(nn.Linear(64, 640), nn.ReLU(), nn.Linear(640, 640), nn.ReLU(), nn.Linear(640, 10))
elif args.model == "cnn":
    stem = nn.Conv2d(1, 24, 3, padding=1)
    net = nn.Sequential(nn.Unflatten(1, (1, 8, 8)), stem, *(block(24) for _ in range(6)), nn.Flatten())
    net.append(nn.Linear(24 * 64, 10))
else:
    body = [layer() for _ in range(3)]
    net = nn.Sequential(nn.Unflatten(1, (8, 8)), nn.Linear(8, 96), *body, nn.Flatten(), nn.Linear(768, 10))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(args.epochs):
    if epoch == 1:
        began = resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.perf_counter()
    net.train()
    for inputs, targets in loader:
        loss = F.cross_entropy(net(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        held = F.cross_entropy(net(x[1400:]), y[1400:])
    print(f"epoch {epoch} held={held.item()!r}")
taken = resource.getrusage(resource.RUSAGE_SELF).ru_utime - began[0], time.perf_counter() - began[1]
print("taken", *taken, (args.epochs - 1) * len(loader))
"""
MODELS = {"cnn": 22, "transformer": 14, "wide": 45, "tiny": 450}
"""Epochs, so that each takes some five seconds."""

ALONE = (sys.executable,)
RECORDED = (sys.executable, "-m", "wellfit", "run")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def seconds_to_first_line(folder: Path, words: tuple[str, ...]) -> float:
    """From the launch to what the script prints."""
    began = time.perf_counter()
    with subprocess.Popen(words, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = process.stdout.readline()
        taken = time.perf_counter() - began
    if line != "here\n":
        raise SystemExit(f"{words} said {line!r}")
    return taken


def measure_start(rounds: int) -> None:
    """Print a row for each way of launching, the ways taking turns."""
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as logs:
        folder = make_repository(Path(place), tracked=50, changed=5, untracked=5)
        (folder / "first.py").write_text(FIRST)
        ways = {
            "python first.py": (*ALONE, "first.py"),
            "launched, nothing recorded": (sys.executable, "-c", UNRECORDED, logs),
            "wellfit run first.py": (*RECORDED, "-q", "first.py"),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, words in ways.items():
                taken[name].append(seconds_to_first_line(folder, words))
    print("| launched by | median, s | worst, s |\n|---|---|---|")
    for name, times in taken.items():
        print(f"| {name} | {statistics.median(times):.3f} | {max(times):.3f} |")


def train(folder: Path, way: tuple[str, ...], model: str) -> tuple[float, float, int]:
    """CPU seconds and wall seconds of the loop, and its steps."""
    words = (*way, "train.py", "--model", model, "--epochs", str(MODELS[model]))
    ran = subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    found = re.search(r"^taken (\S+) (\S+) (\d+)$", ran.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit(ran.stdout + ran.stderr)
    return float(found[1]), float(found[2]), int(found[3])


def measure_training(model: str, pairs: int) -> None:
    """Print a row: how much more the median is, of runs that take turns."""
    with tempfile.TemporaryDirectory() as place:
        folder = make_repository(Path(place), tracked=50, changed=5, untracked=5)
        (folder / "train.py").write_text(TRAIN)
        taken: dict[tuple[str, ...], list[tuple[float, float, int]]] = {ALONE: [], RECORDED: []}
        for pair in range(pairs):
            for way in (ALONE, RECORDED) if pair % 2 else (RECORDED, ALONE):
                taken[way].append(train(folder, way, model))
    spent = statistics.median(seconds for seconds, _, _ in taken[ALONE])
    costs = " | ".join(more(taken[ALONE], taken[RECORDED], kind) for kind in (0, 1))
    print(f"| {model} | {1e3 * spent / taken[ALONE][0][2]:.2f} | {spent:.1f} | {costs} |", flush=True)


def more(alone: list[tuple[float, float, int]], recorded: list[tuple[float, float, int]], kind: int) -> str:
    """Per cent by which the median is more, and the middle half of the pairs' own ratios."""
    medians = [statistics.median(times[kind] for times in way) for way in (alone, recorded)]
    ratios = [100 * (its[kind] / mine[kind] - 1) for mine, its in zip(alone, recorded, strict=True)]
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return f"{100 * (medians[1] / medians[0] - 1):+.1f} ({low:+.1f} to {high:+.1f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--starts", type=int, default=15)
    parser.add_argument("--only", choices=[*MODELS, "start"])
    options = parser.parse_args()
    if options.only in (None, "start"):
        measure_start(options.starts)
    models = [model for model in MODELS if options.only in (None, model)]
    if models:
        print("\n| model | ms a step | user CPU s | more user CPU, % | more wall, % |\n|---|---|---|---|---|")
    for model in models:
        measure_training(model, options.pairs)


if __name__ == "__main__":
    main()
