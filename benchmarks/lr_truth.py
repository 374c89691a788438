"""What each learning rate leads to: full short trainings on a grid of a quarter of a decade, kept in a JSON file.

python benchmarks/lr_truth.py truth.json              # all pairs, the planned number of steps
python benchmarks/lr_truth.py truth.json --horizons   # development pairs with 8 to 128 steps too, for choosing rules
"""

import argparse
import json
import math
import statistics
from collections.abc import Iterator
from pathlib import Path

import torch
from lr_tasks import OPTIMIZERS, Pair, loss, pairs, split
from torch import Tensor, nn

from wellfit.schedules.shapes.cosine import cosine

SEEDS = (0, 1, 2)
HORIZONS = (8, 16, 32, 64, 128)
GRID = {"SGD": range(-16, 7), "Adam": range(-20, 1), "AdamW": range(-20, 1)}
"""Quarters of a decade."""

START = {"SGD": -4, "Adam": -8, "AdamW": -8}
"""From where the grid is walked up and down, until it is plain that nothing better comes."""

LIMITS = (-32, 8)
"""Quarters of a decade between which a suggestion is scored; beyond, it counts as the nearer end."""

LOST = 2.0
"""A loss so many times the best, twice in a row, ends the walk; so does one where nothing was learnt."""


def batches(rows: int, size: int, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from torch.randperm(rows, generator=generator)[: rows // size * size].split(size)


@torch.no_grad()
def judged(model: nn.Module, part: tuple[Tensor, Tensor]) -> float:
    model.eval()
    value = float(loss(model(part[0]), part[1]))
    model.train()
    return value


def started(pair: Pair, seed: int) -> nn.Module:
    torch.manual_seed(1000 + seed)
    return pair.task.model()


def train(pair: Pair, lr: float, steps: int, seed: int) -> tuple[float, float]:
    """Validation loss and mean training loss at the end; the untrained network's, where the training diverged."""
    train_part, validation = split(pair.task)
    model = started(pair, seed)
    untrained = judged(model, validation)
    optimizer = OPTIMIZERS[pair.optimizer](model.parameters(), lr)
    last: list[float] = []
    for step, at in zip(range(steps), batches(len(train_part[0]), pair.task.batch, seed), strict=False):
        optimizer.param_groups[0]["lr"] = lr * cosine(step, steps)
        value = loss(model(train_part[0][at]), train_part[1][at])
        if not math.isfinite(value.item()):
            return untrained, untrained
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        last = [*last[-7:], value.item()]
    ended = judged(model, validation)
    return (ended, statistics.mean(last)) if math.isfinite(ended) else (untrained, untrained)


def grid(pair: Pair, steps: int, seed: int) -> dict[str, tuple[float, float]]:
    """By quarters of a decade."""
    found: dict[int, tuple[float, float]] = {}
    untrained = judged(started(pair, seed), split(pair.task)[1])
    start = START[pair.optimizer]
    for way in (range(start, GRID[pair.optimizer][-1] + 1), range(start - 1, GRID[pair.optimizer][0] - 1, -1)):
        lost = 0
        for quarter in way:
            found[quarter] = train(pair, 10 ** (quarter / 4), steps, seed)
            best = min(ended for ended, _ in found.values())
            lost = lost + 1 if found[quarter][0] > min(LOST * best, 0.98 * untrained) else 0
            if lost > 1:
                break
    return {str(quarter): found[quarter] for quarter in sorted(found)}


class Truth:
    """Final validation losses by pair, length, seed and quarter of a decade, kept in a file; trains what is missing.

    Args:
        file: JSON; made where there is none.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = json.loads(file.read_text()) if file.exists() else {}

    def walk(self, pair: Pair, steps: int, seed: int) -> dict[str, tuple[float, float]]:
        """The grid around the best rate."""
        name = f"{pair.name}, {steps} steps, seed {seed}"
        if name not in self._known:
            self._known[name] = grid(pair, steps, seed)
            self._file.write_text(json.dumps(self._known))
        return self._known[name]

    def level(self, pair: Pair, quarter: int) -> float:
        """Mean over the seeds of the log of the loss."""
        return statistics.fmean(math.log(max(1e-12, self._loss(pair, quarter, seed))) for seed in seeds_of(pair))

    def best(self, pair: Pair) -> tuple[float, float]:
        """The best rate of the grid and its level."""
        walked = [set(map(int, self.walk(pair, pair.task.steps, seed))) for seed in seeds_of(pair)]
        quarter = min(set.intersection(*walked), key=lambda q: self.level(pair, q))
        return 10 ** (quarter / 4), self.level(pair, quarter)

    def excess(self, pair: Pair, lr: float) -> float:
        """Share of the best loss by which a training with this rate ends higher; interpolated between grid points."""
        at = min(max(4 * math.log10(lr), LIMITS[0]), LIMITS[1])
        low = math.floor(at)
        levels = (self.level(pair, low), self.level(pair, min(low + 1, LIMITS[1])))
        return math.exp(levels[0] + (at - low) * (levels[1] - levels[0]) - self.best(pair)[1]) - 1

    def _loss(self, pair: Pair, quarter: int, seed: int) -> float:
        walked = self.walk(pair, pair.task.steps, seed)
        if str(quarter) not in walked:
            walked[str(quarter)] = train(pair, 10 ** (quarter / 4), pair.task.steps, seed)
            self._file.write_text(json.dumps(self._known))
        return walked[str(quarter)][0]


def seeds_of(pair: Pair) -> range:
    """More seeds where a training takes no time and the few samples make its end a matter of chance."""
    return range(5 if pair.task.quick else 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--horizons", action="store_true")
    parser.add_argument("--pairs", default="", help="only those whose name contains this")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    truth = Truth(asked.file)
    for pair in (p for p in pairs() if asked.pairs in p.name):
        for steps in HORIZONS if asked.horizons and pair.development else ():
            for seed in SEEDS:
                truth.walk(pair, steps, seed)
        best, level = truth.best(pair)
        print(f"{pair.name}: best rate {best:.2g}, loss {math.exp(level):.4f}", flush=True)


if __name__ == "__main__":
    main()
