"""What `wellfit tune` says of knobs, on functions whose answer is known: what matters most, and which hang together.

Functions of three or four knobs with noise; trials by chance and by Optuna's TPE, both behind eight even points. Told
is how often anything is said at all, right how often that is so.

    python benchmarks/knobs_told.py               # some 10 minutes
    python benchmarks/knobs_told.py --seeds 3
"""

import argparse
import math
import statistics

import numpy as np
import optuna
from scipy.stats import qmc

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.tune.outcome.importance import importance
from wellfit.tune.outcome.interactions import interactions

SINGLE = {
    "bowl, weights 1, 0.1, 0": (lambda u: (u[0] - 0.3) ** 2 + 0.1 * (u[1] - 0.6) ** 2, 3),
    "bowl, weights 1, 0.3, 0.1, 0": (
        lambda u: (u[0] - 0.3) ** 2 + 0.3 * (u[1] - 0.7) ** 2 + 0.1 * (u[2] - 0.5) ** 2,
        4,
    ),
    "cliff, weights 1, 0.1, 0, 0": (
        lambda u: 1 + 10 * max(0, u[0] - 0.7) ** 2 + 2 * (u[0] - 0.6) ** 2 + 0.2 * (u[1] - 0.3) ** 2,
        4,
    ),
    "nothing matters": (lambda _: 0.0, 4),
}
"""The first knob matters most, but in the last one."""

SUMS = {
    "bowls": lambda u: (u[0] - 0.3) ** 2 + 0.5 * (u[1] - 0.6) ** 2 + 0.3 * (u[2] - 0.2) ** 2,
    "two bowls near 0": lambda u: 0.05 + (u[0] - 0.3) ** 2 + 0.8 * (u[1] - 0.6) ** 2,
    "cliff": lambda u: 10 * max(0, u[0] - 0.6) ** 2 + 0.6 * (u[0] - 0.5) ** 2 + abs(u[1] - 0.4) + 0.3 * u[2],
    "exponentials": lambda u: (
        math.exp(3 * (u[0] - 0.5)) + 0.7 * math.exp(-4 * u[0]) + 0.8 * (u[1] - 0.5) ** 2 + 0.2 * u[3]
    ),
    "product": lambda u: math.exp(6 * (u[0] - 0.3) ** 2 + 0.8 * (u[1] - 0.6) ** 2 + 0.3 * u[2]),
    "jumps": lambda u: (1.0 if u[0] > 0.75 else 0.2 * u[0]) + 0.4 * (u[1] > 0.5) * u[1] + 0.1 * u[2],
}
"""No knob hangs on another one; in the fifth that holds of the logarithm."""

PAIRED = {
    "ridge": lambda u: 0.1 + 4 * (u[0] + u[1] - 1) ** 2 + (u[0] - 0.2) ** 2,
    "ridge in a bowl": lambda u: 0.3 + 1.5 * (u[0] + u[1] - 1) ** 2 + 0.7 * (u[0] - 0.4) ** 2 + 0.5 * (u[2] - 0.5) ** 2,
    "up together": lambda u: 0.3 + (u[0] - u[1]) ** 2 + 0.3 * (u[2] - 0.3) ** 2,
    "weak": lambda u: (
        0.3 + (u[0] - 0.4) ** 2 + (u[1] - 0.5) ** 2 + 0.8 * (u[0] - 0.4) * (u[1] - 0.5) + 0.3 * (u[2] - 0.3) ** 2
    ),
}
"""The first two do."""


def trials_of(value_of, knobs, count, seed, *, by_model):
    """Trials in the order in which they were made; `value_of` takes a point and a generator."""
    rng = np.random.default_rng(seed)
    model = optuna.samplers.TPESampler(seed=seed, n_startup_trials=9, multivariate=True)
    study = optuna.create_study(sampler=model if by_model else optuna.samplers.RandomSampler(seed))
    for point in qmc.Sobol(knobs, seed=seed).random(8):
        study.enqueue_trial({f"k{n}": float(at) for n, at in enumerate(point)})
    found = []
    for slot in range(count):
        trial = study.ask()
        point = [trial.suggest_float(f"k{n}", 0, 1) for n in range(knobs)]
        value = float(value_of(point, rng))
        study.tell(trial, value)
        found.append(TrialSeen(slot, slot, 0, "done", runs=False, values=trial.params, value=value))
    return found


def plan_of(knobs):
    ranges = tuple(Knob(f"k{n}", low=0.0, high=1.0) for n in range(knobs))
    return StudyPlan("s", (), "", "", ranges, "val_loss", higher_is_better=False)


def of_single(name, seeds, *, by_model):
    """By number of trials: share told, share right of these."""
    function, knobs = SINGLE[name]
    noises = (1.0,) if name == "nothing matters" else (0.0, 0.03)
    searches = [
        trials_of(lambda u, rng, s=noise: function(u) + s * rng.normal(), knobs, 100, seed, by_model=by_model)
        for noise in noises
        for seed in range(seeds)
    ]
    for count in (16, 24, 40, 100):
        told = [next(iter(found), None) for s in searches for found in [importance(plan_of(knobs), s[:count]).shares]]
        heard = [key for key in told if key]
        yield len(heard) / len(told), statistics.fmean(key == "k0" for key in heard) if heard else None


def of_pairs(function, seeds, *, by_model):
    """By number of trials: share of searches in which any pair is told, and in which the first two are."""
    searches = [
        trials_of(lambda u, rng, s=noise: function(u) * math.exp(s * rng.normal()), 4, 64, seed, by_model=by_model)
        for noise in (0.03, 0.15)
        for seed in range(seeds)
    ]
    for count in (20, 32, 64):
        pairs = [[p for p in interactions(plan_of(4), trials[:count])[0] if p.is_told] for trials in searches]
        first = [any((p.first, p.second) == ("k0", "k1") for p in found) for found in pairs]
        yield statistics.fmean(map(bool, pairs)), statistics.fmean(first)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    ways = (("chance", False), ("TPE", True))
    for name in SINGLE:
        for way, by_model in ways:
            cells = of_single(name, args.seeds, by_model=by_model)
            words = (f"{told:.0%}" + ("" if right is None else f", {right:.0%}") for told, right in cells)
            print(f"| {name} | {way} | {' | '.join(words)} |", flush=True)
    for name, function in (SUMS | PAIRED).items():
        for way, by_model in ways:
            words = (f"{told:.1%}, {first:.1%}" for told, first in of_pairs(function, args.seeds, by_model=by_model))
            print(f"| {name} | {way} | {' | '.join(words)} |", flush=True)


if __name__ == "__main__":
    main()
