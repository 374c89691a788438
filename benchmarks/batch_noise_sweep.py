"""The critical batch size of a small training, by a sweep over sizes, rates and seeds.

Steps S to a target loss of the whole data are the median over seeds at the best rate; rates are tried a factor of the
square root of two apart, around the best of the size before, and further until the best is no longer at the edge.
Batches are those of a shuffling loader, so that their noise falls with 1/B - 1/N and is none at B = N. Through all
sizes goes

    S = Smin * (1 + noise * (1/B - 1/N))

which for N without end is the hyperbola (S / Smin - 1) (E / Emin - 1) = 1 with E = S * B of McCandlish et al. 2018. The
critical size is the one at which S is twice Smin, noise * N / (noise + N).
"""

import math
import statistics
from dataclasses import dataclass

import numpy as np
import torch
from torch.func import functional_call, stack_module_state

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024)
SEEDS = 3
MOST_EXAMPLES = 600_000
MOST_STEPS = 5000
HELD = 2000
"""Rows on which the loss is judged."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep over batch sizes found.

    Args:
        points: (size, steps, rate) of each size that met the target.
        rows: of the data.
    """

    points: tuple
    rows: int

    @property
    def fit(self):
        """Smin and the noise scale of the curve nearest to the steps, relatively."""
        sizes, steps = (np.array([p[i] for p in self.points], dtype=float) for i in (0, 1))
        terms = np.stack([1 / steps, (1 / sizes - 1 / self.rows) / steps], 1)
        least, slope = np.linalg.lstsq(terms, np.ones(len(steps)), rcond=None)[0]
        return least, slope / least

    @property
    def critical(self):
        noise = self.fit[1]
        return noise * self.rows / (noise + self.rows)

    @property
    def misfit(self):
        """The most that a point's steps differ from the curve, as a factor."""
        least, noise = self.fit
        return max(
            math.exp(abs(math.log(steps / (least * (1 + noise * (1 / size - 1 / self.rows))))))
            for size, steps, _ in self.points
        )


class Batches:
    """Row numbers of a shuffling loader that drops the last."""

    def __init__(self, rows, size, seed):
        self.rows, self.size = rows, size
        self.generator = torch.Generator().manual_seed(seed)
        self.order, self.at = torch.randperm(rows, generator=self.generator), 0

    def next(self):
        if self.at + self.size > self.rows:
            self.order, self.at = torch.randperm(self.rows, generator=self.generator), 0
        self.at += self.size
        return self.order[self.at - self.size : self.at]


class Fused:
    """Trainings that differ in rate and seed, in one: parameters have a dimension of trainings in front."""

    def __init__(self, task, rates, seeds, size):
        self.task = task
        models = []
        for _ in rates:
            for seed in range(seeds):
                torch.manual_seed(seed)
                models.append(task.make())
        self.skeleton = models[0]
        self.parameters, _ = stack_module_state(models)
        self.moments = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        self.rates = torch.tensor([rate for rate in rates for _ in range(seeds)])
        self.batches = [Batches(len(task.x), size, 100 + seed) for seed in range(seeds)]
        self.copies = len(rates)

    def losses(self, x, y, in_dims=0):
        def one(parameters, x, y):
            return self.task.loss(functional_call(self.skeleton, parameters, (x,)), y)

        return torch.vmap(one, in_dims=(0, in_dims, in_dims))(self.parameters, x, y)

    def step(self):
        rows = torch.stack([batches.next() for batches in self.batches]).repeat(self.copies, 1)
        values = self.losses(self.task.x[rows], self.task.y[rows])
        gradients = torch.autograd.grad(values.sum(), list(self.parameters.values()))
        with torch.no_grad():
            for (name, value), gradient in zip(self.parameters.items(), gradients, strict=True):
                moment = self.moments[name].mul_(self.task.momentum).add_(gradient)
                value.sub_(self.rates.view(-1, *[1] * (value.dim() - 1)) * moment)

    def whole(self):
        with torch.no_grad():
            return self.losses(self.task.x[:HELD], self.task.y[:HELD], in_dims=None)


def steps_to(task, target, size, rates, seeds=SEEDS):
    """For each rate the median steps to the target, infinite where it was not met before the best had met it."""
    fused = Fused(task, rates, seeds, size)
    met = torch.full((len(rates), seeds), math.inf)
    for step in range(1, min(MOST_STEPS, MOST_EXAMPLES // size) + 1):
        fused.step()
        if step % max(1, step // 50):
            continue
        reached = (fused.whole() <= target).view(len(rates), seeds)
        met = torch.where(reached & met.isinf(), torch.tensor(float(step)), met)
        medians = [statistics.median(row) for row in met.tolist()]
        if min(medians) < math.inf:
            return medians
    return [math.inf] * len(rates)


def best_at(task, target, size, around):
    """Steps and rate at one size; around None all rates are tried."""
    rates = [2.0**i for i in range(-7, 6)] if around is None else [around * 2 ** (i / 2) for i in range(-3, 5)]
    for _ in range(8):
        medians = steps_to(task, target, size, rates)
        steps = min(medians)
        best = rates[medians.index(steps)]
        if steps == math.inf or (rates[0] < best < rates[-1]):
            break
        rates = [best * 2 ** (i / 2) for i in range(-4, 5)]
    return steps, best


def sweep(task, target, sizes=SIZES):
    points, rate = [], None
    rows = len(task.x)
    for size in sorted({size for size in sizes if size < rows} | ({rows} if rows <= sizes[-1] else set())):
        steps, best = best_at(task, target, size, rate)
        if steps < math.inf:
            points.append((size, steps, best))
            rate = best
    return Sweep(tuple(points), rows)
