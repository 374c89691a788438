"""Finders of learning rates against each other and against constants: how far from the best rate, at what cost.

python benchmarks/lr_finders.py --truth truth.json --results results.json            # everything
python benchmarks/lr_finders.py --truth truth.json --results results.json --development   # pairs for choosing rules
python benchmarks/lr_finders.py --truth truth.json --results results.json --again wellfit # one method anew

Both files are made where they are missing, and what they hold is not computed again.
"""

import argparse
import contextlib
import io
import json
import logging
import math
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from lr_more_tasks import more_pairs
from lr_tasks import OPTIMIZERS, Pair, loss, pairs, split
from lr_truth import Truth, batches, judged, started
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from wellfit.find.lr import find_lr
from wellfit.schedules.shapes.cosine import cosine

SEEDS = (0, 1, 2)
SHOWN = 0.1
"""Excess of the constant that is worth a search."""


@dataclass
class Suggestion:
    """What a method says, for how many optimizer steps; a method that is the training itself says how it ended."""

    lr: float | None
    steps: int
    loss: float | None = None
    seconds: float = 0.0
    verdict: str = ""
    interval: tuple[float, float] | None = None
    default_excess: float | None = None


Method = Callable[[Pair, int], Suggestion]


def default(pair: Pair) -> float:
    return 0.1 if pair.optimizer == "SGD" else 1e-3


def constant(adam: float, sgd: float) -> Method:
    return lambda pair, _: Suggestion(sgd if pair.optimizer == "SGD" else adam, 0)


def loader_of(pair: Pair, seed: int) -> DataLoader:
    torch.manual_seed(seed)
    return DataLoader(TensorDataset(*split(pair.task)[0]), batch_size=pair.task.batch, shuffle=True, drop_last=True)


def by_wellfit(pair: Pair, seed: int, *, repeats: int | None = None, validated: bool = True) -> Suggestion:
    model, loader = started(pair, seed), loader_of(pair, seed)
    optimizer = OPTIMIZERS[pair.optimizer](model.parameters(), default(pair))
    found = find_lr(
        model, loader, loss, optimizer,
        validation=split(pair.task)[1] if validated else None, steps=pair.task.steps, scheduler="cosine",
        repeats=repeats, seed=seed,
    )  # fmt: skip
    return Suggestion(
        found.lr, found.steps, verdict=found.verdict, interval=found.interval, default_excess=found.default_excess
    )


def by_torch_lr_finder(pair: Pair, seed: int) -> Suggestion:
    from torch_lr_finder import LRFinder  # imports matplotlib to draw, which is where it makes its suggestion

    model, loader = started(pair, seed), loader_of(pair, seed)
    optimizer = OPTIMIZERS[pair.optimizer](model.parameters(), 1e-7)
    finder = LRFinder(model, optimizer, loss, device="cpu")
    finder.range_test(loader, end_lr=10, num_iter=100)
    steps = len(finder.history["lr"])
    try:
        _, lr = finder.plot(suggest_lr=True)
    except (ValueError, TypeError):  # fewer points than it skips
        lr = None
    import matplotlib.pyplot as plt

    plt.close("all")
    return Suggestion(lr, steps)


def by_lightning(pair: Pair, seed: int) -> Suggestion:
    import lightning
    from lightning.pytorch.tuner import Tuner

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.lr = started(pair, seed), 1e-3

        def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
            return loss(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return OPTIMIZERS[pair.optimizer](self.parameters(), self.lr)

    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, default_root_dir=folder, max_epochs=100,
        )  # fmt: skip
        module, loader = Module(), loader_of(pair, seed)
        found = Tuner(trainer).lr_find(module, train_dataloaders=loader, num_training=100)
    return Suggestion(found.suggestion(), len(found.results["lr"]))


@cache
def sweep_of_fastai(pair: Pair, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """As its `lr_find` is described: 1e-7 to 10, 100 steps, smoothed by 0.98, until 4 times the best."""
    (x, y), model = split(pair.task)[0], started(pair, seed)
    optimizer = OPTIMIZERS[pair.optimizer](model.parameters(), 1e-7)
    rates, losses, mean, best = [], [], 0.0, math.inf
    for step, at in zip(range(100), batches(len(x), pair.task.batch, seed), strict=False):
        optimizer.param_groups[0]["lr"] = 1e-7 * 1e8 ** (step / 100)
        value = loss(model(x[at]), y[at])
        mean = 0.98 * mean + 0.02 * value.item()
        rates.append(optimizer.param_groups[0]["lr"])
        losses.append(mean / (1 - 0.98 ** (step + 1)))
        best = min(best, losses[-1])
        if not losses[-1] <= 4 * best:
            break
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    steps = len(rates)
    kept = slice(10, -5)
    lrs, smooth = np.array(rates)[kept], np.array(losses)[kept]
    finite = np.isfinite(smooth)
    return lrs[finite], smooth[finite], steps


def valley(lrs: np.ndarray, losses: np.ndarray) -> float:
    """In the longest falling subsequence, half of its thirds in."""
    longest, end = [1] * len(losses), 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and longest[i] < longest[j] + 1:
                longest[i] = longest[j] + 1
            if longest[end] < longest[i]:
                end = i
    start = end - longest[end]
    third = (end - start) / 3
    return float(lrs[start + int(third) + int(third / 2)])


def slide(lrs: np.ndarray, losses: np.ndarray) -> float:
    """A window of 15 is moved down until the slopes at its ends differ by less than 0.005."""
    slopes = np.gradient(losses)
    right, left = -1, -16
    lr = lrs[max(left, -len(lrs))]
    while left >= -len(losses) and abs(slopes[right] - slopes[left]) > 0.005:
        lr, right, left = lrs[left], right - 1, left - 1
    return float(lr)


def minimum(lrs: np.ndarray, losses: np.ndarray) -> float:
    return float(lrs[losses.argmin()] / 10)


def steep(lrs: np.ndarray, losses: np.ndarray) -> float:
    return float(lrs[(np.diff(losses) / np.diff(np.log(lrs))).argmin()])


def by_fastai(rule: Callable[[np.ndarray, np.ndarray], float]) -> Method:
    def method(pair: Pair, seed: int) -> Suggestion:
        lrs, losses, steps = sweep_of_fastai(pair, seed)
        return Suggestion(rule(lrs, losses) if len(lrs) > 2 else None, steps)

    return method


def by_prodigy(pair: Pair, seed: int) -> Suggestion:
    """The training itself, with its rate of 1 and the planned cosine."""
    from prodigyopt import Prodigy

    ((x, y), validation), model = split(pair.task), started(pair, seed)
    untrained = judged(model, validation)
    optimizer = Prodigy(model.parameters(), lr=1.0, safeguard_warmup=True, use_bias_correction=True)
    for step, at in zip(range(pair.task.steps), batches(len(x), pair.task.batch, seed), strict=False):
        optimizer.param_groups[0]["lr"] = cosine(step, pair.task.steps)
        value = loss(model(x[at]), y[at])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    ended = judged(model, validation)
    return Suggestion(None, 0, loss=ended if math.isfinite(ended) else untrained)


METHODS: dict[str, Method] = {
    "wellfit": by_wellfit,
    "wellfit, repeats=3": partial(by_wellfit, repeats=3),
    "wellfit, no validation data": partial(by_wellfit, validated=False),
    "wellfit, no validation data, repeats=1": partial(by_wellfit, validated=False, repeats=1),
    "1e-3 Adam, 0.1 SGD": constant(1e-3, 0.1),
    "3e-3 Adam, 0.1 SGD": constant(3e-3, 0.1),
    "1e-2 Adam, 0.1 SGD": constant(1e-2, 0.1),
    "fastai valley": by_fastai(valley),
    "fastai slide": by_fastai(slide),
    "fastai minimum/10": by_fastai(minimum),
    "fastai steep": by_fastai(steep),
    "torch-lr-finder": by_torch_lr_finder,
    "Lightning": by_lightning,
    "Prodigy": by_prodigy,
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    for name in ("lightning", "lightning.pytorch", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def measure(chosen: list[Pair], names: list[str], results: dict, file: Path | None) -> list[str]:
    """Fill in what is missing; returns the methods whose package is not installed."""
    absent: list[str] = []
    for name in names:
        for pair in chosen:
            for seed in SEEDS:
                key = f"{name} | {pair.name} | {seed}"
                if key in results or name in absent:
                    continue
                began = time.process_time()
                try:
                    with quiet():
                        said = METHODS[name](pair, seed)
                except ImportError as error:
                    print(f"{name}: left out, {error}")
                    absent.append(name)
                    continue
                said.seconds = time.process_time() - began
                results[key] = asdict(said)
        if file is not None:
            file.write_text(json.dumps(results))
    return absent


def excess_of(said: dict, pair: Pair, truth: Truth) -> float:
    """Of a method that gives no rate, what the constant costs that its user then takes."""
    if said["loss"] is not None:
        return said["loss"] / math.exp(truth.best(pair)[1]) - 1
    lr = said["lr"]
    return truth.excess(pair, lr if lr is not None and lr > 0 else default(pair))


def covers(said: dict, pair: Pair, truth: Truth) -> bool:
    """Whether a rate within 5 % of the best lies in the interval."""
    low, high = (round(4 * math.log10(rate)) for rate in said["interval"])
    best = truth.best(pair)[1]
    return any(truth.level(pair, quarter) <= best + math.log(1.05) for quarter in range(low, high + 1))


def row(name: str, chosen: list[Pair], results: dict, truth: Truth) -> str:
    said = [(pair, results[f"{name} | {pair.name} | {seed}"]) for pair in chosen for seed in SEEDS]
    excesses = sorted(excess_of(s, pair, truth) for pair, s in said)
    away = [abs(math.log10(s["lr"] / truth.best(pair)[0])) for pair, s in said if s["lr"]]
    share = [s["steps"] / pair.task.steps for pair, s in said]
    none = sum(s["lr"] is None and s["loss"] is None for _, s in said)
    distance = f"{statistics.median(away):.2f} | {max(away):.1f}" if away else "- | -"
    ninth = excesses[int(0.9 * len(excesses))]
    return (
        f"| {name} | {statistics.median(excesses):.0%} | {ninth:.0%} | {excesses[-1]:.0%} | {distance} | "
        f"{statistics.median(share):.2f} | {none} |"
    )


def table(title: str, chosen: list[Pair], names: list[str], results: dict, truth: Truth) -> None:
    print(f"\n{title}: {len(chosen)} pairs, {len(SEEDS)} seeds\n")
    print("| method | median excess | 9 in 10 below | worst run | decades off, median | worst | steps | no answer |")
    print("|---|---|---|---|---|---|---|---|")
    for name in names:
        print(row(name, chosen, results, truth))


def foretold(chosen: list[Pair], results: dict, truth: Truth) -> None:
    """What wellfit said that the constant would cost, against what it costs more than the rate that was found."""
    said = [(pair, results[f"wellfit | {pair.name} | {seed}"]) for pair in chosen for seed in SEEDS]
    both = [
        (s["default_excess"], (1 + truth.excess(pair, default(pair))) / (1 + truth.excess(pair, s["lr"])) - 1)
        for pair, s in said
        if s["lr"] and s.get("default_excess") is not None
    ]
    if not both:
        return
    ranks = np.array(both).argsort(0).argsort(0)
    above, below = [r for p, r in both if p > SHOWN], [r for p, r in both if p <= SHOWN]
    print(
        f"\nwellfit's word on the constant, {len(both)} runs: rank correlation "
        f"{np.corrcoef(ranks.T)[0, 1]:.2f}, medians {statistics.median(p for p, _ in both):.0%} foretold and "
        f"{statistics.median(r for _, r in both):.0%} real; of {len(above)} times more than {SHOWN:.0%} foretold, "
        f"{sum(r > SHOWN / 2 for r in above)} cost more than {SHOWN / 2:.0%}; of {len(below)} times less, "
        f"{sum(r < 2 * SHOWN for r in below)} less than {2 * SHOWN:.0%}."
    )


def details(chosen: list[Pair], name: str, results: dict, truth: Truth) -> None:
    print(f"\n| pair | best rate | {name}: rate, excess by seed | verdicts |")
    print("|---|---|---|---|")
    for pair in chosen:
        said = [results[f"{name} | {pair.name} | {seed}"] for seed in SEEDS]
        cells = ", ".join(f"{s['lr'] or 0:.2g} ({excess_of(s, pair, truth):.0%})" for s in said)
        print(
            f"| {pair.name} | {truth.best(pair)[0]:.2g} | {cells} | {', '.join(sorted({s['verdict'] for s in said}))} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, required=True, help="file of lr_truth.py")
    parser.add_argument("--results", type=Path, help="file of suggestions")
    parser.add_argument("--development", action="store_true", help="only the pairs that rules were chosen on")
    parser.add_argument("--more", action="store_true", help="only the further pairs that rules were chosen on")
    parser.add_argument("--pairs", default="", help="only those whose name contains this")
    parser.add_argument("--again", default="", help="a method whose results are dropped first")
    parser.add_argument("--methods", default="", help="only those whose name contains this")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    results = json.loads(asked.results.read_text()) if asked.results and asked.results.exists() else {}
    results = {k: v for k, v in results.items() if not asked.again or not k.startswith(f"{asked.again} | ")}
    truth = Truth(asked.truth)
    chosen = [
        p
        for p in (more_pairs() if asked.more else pairs())
        if asked.pairs in p.name and (p.development or not asked.development)
    ]
    names = [name for name in METHODS if asked.methods in name]
    absent = measure(chosen, names, results, asked.results)
    names = [name for name in names if name not in absent]
    for title, part in (("Development pairs", True), ("Held-out pairs", False)):
        some = [pair for pair in chosen if pair.development == part]
        if some:
            table(title, some, names, results, truth)
    if "wellfit" in names:
        said = [
            (s, pair)
            for pair in chosen
            for seed in SEEDS
            if (s := results[f"wellfit | {pair.name} | {seed}"])["interval"]
        ]
        share = statistics.fmean(covers(s, pair, truth) for s, pair in said)
        print(f"\nwellfit's interval holds a rate within 5 % of the best in {share:.0%} of {len(said)} runs.")
        foretold(chosen, results, truth)
        details(chosen, "wellfit", results, truth)


if __name__ == "__main__":
    main()
