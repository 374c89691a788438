"""What watching costs: CPU time added to each step, and the ratio of whole runs.

Added time: one process trains in turns of ten steps, with the seams that hear every step in place and taken out, so
that both kinds of turns see the same machine and the same memory. Two processes may differ by five per cent and more
without any observer, by where their memory lies and how often the heap is trimmed.

Ratio of whole runs: runs with and without the observer alternate, each in a fork of one process that has imported
torch; their last losses must be the same. All times are CPU times of the training loop.

    OMP_NUM_THREADS=1 python benchmarks/observe.py --rounds 5
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from wellfit.model.run import WatchSettings
from wellfit.observe.arm import arm

TURN = 10
"""Steps of one kind before those of the other kind."""


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(64, 64)
        layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(64, 10)

    def forward(self, ids):
        return self.head(self.encoder(self.embedding(ids)).mean(1))


def tiny_mlp():
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    return model, torch.randn(512, 64), 32


def small_cnn():
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
        nn.Flatten(), nn.Dropout(0.1), nn.Linear(128, 10),
    )  # fmt: skip
    return model, torch.randn(512, 1, 16, 16), 64


def small_transformer():
    return Transformer(), torch.randint(64, (512, 24)), 32


MODELS = {"tiny MLP": tiny_mlp, "small CNN": small_cnn, "small transformer": small_transformer}


@dataclass(frozen=True)
class Measured:
    """One run: CPU seconds of its loop, of arming and ending, the size of its log, and its last loss."""

    loop_s: float
    around_s: float
    log_bytes: int
    loss: float


def train(build, steps, turn=None):
    """The last loss, and CPU seconds of each turn; `turn(number)` is told before each of them."""
    torch.manual_seed(0)
    model, x, batch = build()
    y = torch.randint(10, (len(x),))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model.train()
    seconds = []
    for number in range(steps // TURN):
        if turn is not None:
            turn(number)
        began = time.process_time()
        for _ in range(TURN):
            rows = torch.randint(len(x), (batch,))
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        seconds.append(time.process_time() - began)
    return seconds, loss.item()


def train_in_turns(build, steps):
    """CPU seconds of the turns without and with the seams, over as many steps each."""
    with tempfile.TemporaryDirectory() as folder:
        arming = arm(WatchSettings(folder))
        seconds, _ = train(build, 2 * steps, turn=lambda number: arming.hear(number % 2 == 1))
    return {"off": seconds[::2], "on": seconds[1::2]}


def run_here(build, steps, *, watched):
    if not watched:
        seconds, loss = train(build, steps)
        return Measured(sum(seconds), 0.0, 0, loss)
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        arming = arm(WatchSettings(folder))
        armed = time.process_time()
        seconds, loss = train(build, steps)
        trained = time.process_time()
        arming.watch.end("exit")
        around = armed - began + time.process_time() - trained
        size = sum(p.stat().st_size for p in Path(folder).iterdir())
    return Measured(sum(seconds), around, size, loss)


def in_fork(measured):
    """What a function returns, from a fork, which inherits torch and leaves nothing behind."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.write(writing, json.dumps(measured()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(answer)


def run_forked(build, steps, *, watched):
    return Measured(**in_fork(lambda: asdict(run_here(build, steps, watched=watched))))


def measure(build, steps, rounds):
    plain, watched = [], []
    for number in range(rounds):
        order = [(plain, False), (watched, True)]
        for results, on in order if number % 2 == 0 else reversed(order):
            results.append(run_forked(build, steps, watched=on))
    losses = {m.loss for m in (*plain, *watched)}
    if len(losses) != 1:
        raise SystemExit(f"the observer changed the run: last losses {losses}")
    turns = [in_fork(lambda: train_in_turns(build, steps)) for _ in range(rounds)]
    return plain, watched, turns


def row(name, steps, plain, watched, turns):
    off = statistics.median(sum(t["off"]) for t in turns)
    added = statistics.median(sum(t["on"]) - sum(t["off"]) for t in turns)
    ratio = statistics.median(b.loop_s / a.loop_s for a, b in zip(plain, watched, strict=True))
    around = statistics.median(m.around_s for m in watched)
    log_kib = statistics.median(m.log_bytes for m in watched) / 1024
    return (
        f"| {name} | {1e3 * off / steps:.3f} | {1e6 * added / steps:+.1f} | {100 * added / off:+.2f} %"
        f" | {ratio:.3f} | {1e3 * around:.0f} | {log_kib:.0f} |"
    )


def machine():
    names = [line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    cpu = names[0] if names else platform.processor() or platform.machine()
    return (
        f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()},"
        f" torch {torch.__version__}, {torch.get_num_threads()} torch thread"
    )


def _lines(path):
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=MODELS, help="one model instead of all")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{args.steps} steps, medians of {args.rounds} interleaved rounds, CPU time; {machine()}\n", flush=True)
    print("| model | ms a step, plain | added us a step | the same | whole runs | start and end, ms | log, KiB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name, build in MODELS.items():
        if args.only in {None, name}:
            print(row(name, args.steps, *measure(build, args.steps, args.rounds)), flush=True)


if __name__ == "__main__":
    main()
