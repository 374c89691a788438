"""How often does the probe choose the slower way? Few trials of nets of several widths, asked many times.

The truth is the median CPU time of sixty steps of both ways in turns; the regret is what the chosen way costs beyond
the other one. It says most on a machine that has other work to do.

    python benchmarks/fused_probe.py  # some minutes
"""

import argparse
import statistics
import time

import torch
from fused import BATCH, convolutions, perceptron, transformer
from torch.nn import functional as F

from wellfit.fuse.anatomy import observed
from wellfit.fuse.built import Trial, build, groups
from wellfit.fuse.feed import Feed, TensorBatches
from wellfit.fuse.probe import decide
from wellfit.fuse.runners import AtOnce, InTurn
from wellfit.fuse.settings import steps_of
from wellfit.fuse.task import FusedTask

MODELS = {
    "mlp 32": perceptron(32),
    "mlp 256": perceptron(256),
    "mlp 512": perceptron(512),
    "cnn": convolutions,
    "transformer": transformer,
}
COUNTS = (2, 3, 5)
STEPS = 60


def group_of(task: FusedTask, count: int):
    settings = [{"lr": 1e-3 * (1 + i / count), "dropout": 0.1 + 0.05 * i} for i in range(count)]
    steps = steps_of(task, settings)
    made = [Trial(i, s, 0, steps[i], build(task, s, 0, set())) for i, s in enumerate(settings)]
    (group,) = groups(made)
    return group


def cost(runner: AtOnce | InTurn) -> float:
    began = time.process_time()
    runner.advance(1)
    return time.process_time() - began


def truth(task: FusedTask, count: int) -> tuple[float, float]:
    """Milliseconds of a step of all, at once and in turn."""
    group = group_of(task, count)
    anatomy = observed(task, group.trials[0], Feed(task, [0]).next())
    runners = AtOnce(task, group, anatomy), InTurn(task, group.trials)
    taken = [[cost(runner) for runner in runners] for _ in range(STEPS)]
    at_once, in_turn = (1e3 * statistics.median(column) for column in zip(*taken[5:], strict=True))
    return at_once, in_turn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asked", type=int, default=12)
    asked = parser.parse_args().asked
    torch.set_num_threads(1)
    inputs = torch.randn(512, 64, generator=torch.Generator().manual_seed(0))
    data = TensorBatches(inputs, inputs[:, :10].argmax(1), BATCH)
    print("| model | trials | at once, ms | in turn, ms | slower way chosen | regret, % |\n|---|---|---|---|---|---|")
    for name, made in MODELS.items():
        task = FusedTask(made, F.cross_entropy, data, steps=100_000)
        for count in COUNTS:
            at_once, in_turn = truth(task, count)
            group = group_of(task, count)
            anatomy = observed(task, group.trials[0], Feed(task, [0]).next())
            said = [decide(task, group, anatomy, most=None, asked=False).fused for _ in range(asked)]
            wrong = sum(fused != (at_once < in_turn) for fused in said)
            regret = 100 * wrong / asked * (max(at_once, in_turn) / min(at_once, in_turn) - 1)
            print(
                f"| {name} | {count} | {at_once:.2f} | {in_turn:.2f} | {wrong} of {asked} | {regret:.1f} |", flush=True
            )


if __name__ == "__main__":
    main()
