"""The noise scale that `wellfit.find_batch_size` reports against the critical batch size that a sweep shows.

For each task: at batch sizes 8 to 1024 the fewest steps S over five learning rates until the loss of the whole training
set is at the target, then the hyperbola (S / Smin - 1) (E / Emin - 1) = 1 with E = S * B, fitted on the logarithm; the
critical batch is Emin / Smin. Beside it the noise scale as the finder takes it, after 50 steps at the rate that is best
for batches of 64, and its mean over eight points of that training, equally far apart up to the target.

    python benchmarks/batch_noise.py
"""

import copy
import itertools
import math
import statistics
import time

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from torch import nn
from torch.utils.data import TensorDataset, default_collate

from wellfit.find.batch_size.examples import Examples
from wellfit.find.batch_size.gradients import measure, norms_here
from wellfit.find.batch_size.noise_scale import noise_scale
from wellfit.find.batch_size.training import Loop
from wellfit.find.snapshot import Snapshot

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024)
MOST_EXAMPLES = 400_000
MOST_STEPS = 4000
LOOKS = 8


def net(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, outputs))


def scaled(x):
    return torch.tensor((x - x.mean(0)) / (x.std(0) + 1e-6), dtype=torch.float32)


def classes(load):
    x, y = load(return_X_y=True)
    return scaled(x), torch.tensor(y)


def numbers(load):
    x, y = load(return_X_y=True)
    return scaled(x), scaled(y[:, None])


TASKS = {
    "digits, MLP": (lambda: classes(load_digits), lambda: net(64, 10), nn.CrossEntropyLoss(), 0.02),
    "breast cancer, MLP": (lambda: classes(load_breast_cancer), lambda: net(30, 2), nn.CrossEntropyLoss(), 0.02),
    "wine, linear": (lambda: classes(load_wine), lambda: nn.Linear(13, 3), nn.CrossEntropyLoss(), 0.01),
    "diabetes, MLP": (lambda: numbers(load_diabetes), lambda: net(10, 1), nn.MSELoss(), 0.34),
}
RATES = (0.02, 0.06, 0.2, 0.6, 1.8)


def steps_to(task, size, rate, seed=0, looks=()):
    """Steps until the target, and the models at some steps; None where it is not met."""
    data, make, loss, target = task
    x, y = data()
    torch.manual_seed(seed)
    model = make()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    generator = torch.Generator().manual_seed(seed)
    models = []
    for step in range(1, min(MOST_STEPS, MOST_EXAMPLES // size) + 1):
        picked = torch.randint(len(x), (size,), generator=generator)
        optimizer.zero_grad()
        value = loss(model(x[picked]), y[picked])
        if not math.isfinite(float(value.detach())):
            return None, models
        value.backward()
        optimizer.step()
        if step in looks:
            models.append(copy.deepcopy(model))
        if step % max(1, step // 50) == 0:
            with torch.no_grad():
                if float(loss(model(x), y)) <= target:
                    return step, models
    return None, models


def fitted(points):
    """Smin and Emin of the hyperbola that is nearest to log S."""
    best = None
    for least, examples in itertools.product(np.geomspace(1, 4000, 160), np.geomspace(50, 200_000, 160)):
        error = sum((math.log(least + examples / size) - math.log(steps)) ** 2 for size, steps in points)
        if best is None or error < best[0]:
            best = error, least, examples
    return best[1], best[2]


def noise_at(task, model, rate):
    data, _, loss, _ = task
    x, y = data()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    loop = Loop(model, loss, [optimizer], Snapshot(model, optimizer))
    examples = Examples(TensorDataset(x, y), default_collate)
    size = min(32, len(x) // 2)
    generator = torch.Generator().manual_seed(1)
    found = noise_scale(list(norms_here(loop, examples, size, generator, until=time.perf_counter() + 1)))
    return found, loop, examples, size


def main():
    torch.set_num_threads(1)
    print(
        "| task | critical batch by the sweep | noise scale after 50 steps | ratio | mean along the training "
        "| ratio | steps at 8 .. 1024 |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, task in TASKS.items():
        points, rate64 = [], None
        for size in SIZES:
            tried = [(steps_to(task, size, rate)[0], rate) for rate in RATES]
            met = [(steps, rate) for steps, rate in tried if steps]
            if met:
                points.append((size, min(met)[0]))
                rate64 = min(met)[1] if size == 64 else rate64
        least, examples = fitted(points)
        critical = examples / least
        at64 = dict(points)[64]
        looks = {max(1, round(at64 * (i + 0.5) / LOOKS)) for i in range(LOOKS)}
        along = [noise_at(task, model, rate64)[0] for model in steps_to(task, 64, rate64, looks=looks)[1]]
        mean = statistics.fmean(n.size for n in along if n)
        torch.manual_seed(0)
        _, loop, data, size = noise_at(task, task[1](), rate64)
        early = noise_scale(measure(loop, data, size=size, budget_s=3.0).norms)
        shown = [
            f"{n.size:.0f} ({n.low:.0f} to {n.high:.0f}) | {n.size / critical:.2f}" if n else f"none: {n.reason} | -"
            for n in (early,)
        ]
        shown.append(f"{mean:.0f} | {mean / critical:.2f}")
        print(f"| {name} | {critical:.0f} | {' | '.join(shown)} | {' '.join(str(s) for _, s in points)} |", flush=True)


if __name__ == "__main__":
    main()
