"""What ending trials early costs and saves, on six small trainings whose curves differ in shape.

Whole searches by `wellfit.tune`, with and without pruning, on equal seeds; and two rules replayed on sequences of
settings whose whole curves are known: wellfit's, and successive halving, which lets the best third pass each rung.

    python benchmarks/pruning.py                     # some 20 minutes
    python benchmarks/pruning.py --pool 32 --seeds 1 --replays 20
"""

import argparse
import math
import statistics
from bisect import bisect_left, insort
from dataclasses import replace

import numpy as np
import torch
from pruning_tasks import TASKS
from scipy.stats import qmc

import wellfit
from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.tune.study.rungs import Rungs

PLAN = StudyPlan("p", (), "", "", (Knob("x", low=0.0, high=1.0),), "val_loss", higher_is_better=False)
TRIALS = 32
GOOD_DRAWS = 0.7
"""Share of the settings behind the ninth that a replay draws from the best quarter, as a model would."""


class Halving:
    """Successive halving as it is asynchronously done: at each rung the best third of those that came there passes."""

    def __init__(self, points):
        self.steps = [step for step in (max(2, -(-points // 9)), 3 * max(2, -(-points // 9))) if step < points]
        self.values = {step: [] for step in self.steps}

    def end_of(self, curve):
        for step in self.steps:
            insort(self.values[step], curve[step - 1])
            kept = max(1, len(self.values[step]) // 3)
            if bisect_left(self.values[step], curve[step - 1]) >= kept:
                return step
        return len(curve)


class Ours:
    """The rule of `wellfit tune`."""

    def __init__(self, points):
        self.rungs, self.seen = Rungs(replace(PLAN, points=points)), 0

    def end_of(self, curve):
        course = dict(enumerate(curve, 1))
        for step in course:
            so_far = {n: course[n] for n in range(1, step + 1)}
            if step < len(curve) and self.rungs.is_reached(so_far, step - 1) and self.rungs.is_behind(so_far, step - 1):
                return step
        self.seen += 1
        self.rungs.put(
            TrialSeen(self.seen, self.seen, 0, "done", runs=False, values={}, value=curve[-1], course=course)
        )
        return len(curve)


def pool_of(task, size):
    """Whole curves of even points, the task's own setting first; one that diverges counts as very bad."""
    ranges = wellfit.Space(task.space).knobs
    points = qmc.Sobol(len(ranges), seed=1).random(size)
    settings = [{k.key: at(k, share) for k, share in zip(ranges, point, strict=True)} for point in points]
    own = {knob.key: task.space[knob.key].default for knob in ranges}
    curves = []
    for setting in (own, *settings):
        torch.manual_seed(0)
        curve = task.train(setting)
        curves.append([value if math.isfinite(value) else 1e9 for value in curve])
    return curves


def at(knob, share):
    if knob.log:
        return math.exp(math.log(knob.low) + share * math.log(knob.high / knob.low))
    return knob.low + share * (knob.high - knob.low)


def orders_of(curves, replays):
    rng = np.random.default_rng(0)
    rest = curves[1:]
    good = set(np.argsort([curve[-1] for curve in rest])[: len(rest) // 4].tolist())
    for _ in range(replays):
        left = rng.permutation(len(rest)).tolist()
        order = [left.pop() for _ in range(8)]
        while len(order) < min(TRIALS - 1, len(rest)):
            drawn = next((n for n in left if n in good), left[0]) if rng.random() < GOOD_DRAWS else left[0]
            left.remove(drawn)
            order.append(drawn)
        yield [curves[0], *(rest[n] for n in order)]


def replayed(kind, sequences):
    """Share of searches that lost their winner, the mean excess of the best value, the share of the time."""
    lost, excess, time = [], [], []
    for sequence in sequences:
        rule = kind(len(sequence[0]))
        ends = [rule.end_of(curve) for curve in sequence]
        whole = [curve[-1] for curve, end in zip(sequence, ends, strict=True) if end == len(curve)]
        best = min(curve[-1] for curve in sequence)
        lost.append(min(whole) > best)
        excess.append(min(whole) / best - 1)
        time.append(sum(ends) / sum(map(len, sequence)))
    return statistics.fmean(lost), statistics.fmean(excess), statistics.fmean(time)


def searched(task, seed, *, prune):
    """Best value, and values of the metric that were paid for."""

    def train(hp, report):
        task.train(dict(hp), report)

    found = wellfit.tune(train, task.space, trials=TRIALS, seeds=0, seed=seed, prune=prune)
    return found.value, sum(len(trial.course) for trial in found.trials)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=int, default=256)
    parser.add_argument("--replays", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print("| task | halving: lost, excess, time | wellfit: lost, excess, time |\n|---|---|---|")
    for task in TASKS:
        sequences = list(orders_of(pool_of(task, args.pool), args.replays))
        cells = (replayed(kind, sequences) for kind in (Halving, Ours))
        words = " | ".join(f"{lost:.1%}, {excess:.2%}, {time:.0%}" for lost, excess, time in cells)
        print(f"| {task.name} | {words} |", flush=True)
    print("\n| task | best without, by seed | best with | time |\n|---|---|---|---|")
    for task in TASKS:
        pairs = [(searched(task, s, prune=False), searched(task, s, prune=True)) for s in range(args.seeds)]
        without, with_ = zip(*pairs, strict=True)
        time = statistics.fmean(b[1] / a[1] for a, b in pairs)
        values = (", ".join(f"{value:.4f}" for value, _ in side) for side in (without, with_))
        print(f"| {task.name} | {' | '.join(values)} | {time:.0%} |", flush=True)


if __name__ == "__main__":
    main()
