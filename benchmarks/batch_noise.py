"""The critical batch size that `wellfit.find_batch_size` reports against the one that a sweep shows.

The sweep is that of `batch_noise_sweep.py`. Each estimate is made as the finder makes it, of a training with batches of
32 at the rate that was best for them in the sweep, three times with other seeds; the median counts. Beside it two
others: the ratio of the means of tr(Sigma) and |G|^2 at one place, after 50 steps, as the finder took it before; and
tr(H Sigma) over G'HG, with the Hessian H of 256 rows, along the same training.

    python benchmarks/batch_noise.py                # the tasks that rules were decided on, and the others
    python benchmarks/batch_noise.py --others
"""

import argparse
import statistics
import time

import torch
from batch_noise_sweep import sweep
from batch_noise_tasks import DECIDED_ON, LOOKED_AT_AFTERWARDS
from torch import nn
from torch.utils.data import TensorDataset, default_collate

from wellfit.find.batch_size.examples import Examples
from wellfit.find.batch_size.find import SMALL
from wellfit.find.batch_size.gradients import STEPS, measure, norms_here
from wellfit.find.batch_size.noise_scale import GradientNorms, noise_scale
from wellfit.find.loop import Loop
from wellfit.find.snapshot import Snapshot

SEEDS = 3
DRAWS = 40
HESSIAN_ROWS = 256


def training(task, rate, seed):
    """A loop at its start, its examples, and the size of its batches."""
    torch.manual_seed(seed)
    model = task.make()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=task.momentum)
    loop = Loop(model, task.loss, [optimizer], Snapshot(model, optimizer), seed=seed)
    examples = Examples(TensorDataset(task.x, task.y), default_collate)
    return loop, examples, min(SMALL, examples.count // 2)


def along(task, rate, seed):
    """As the finder does it."""
    loop, examples, size = training(task, rate, seed)
    return noise_scale(measure(loop, examples, size=size, budget_s=3.0).norms, examples.count)


def at_one_place(task, rate, seed, steps=50):
    """tr(Sigma) / |G|^2 after some steps."""
    loop, examples, size = training(task, rate, seed)
    generator = torch.Generator().manual_seed(seed)
    loop.begin()
    for _ in range(steps):
        loop.run(1, lambda: examples.drawn(size, generator))
    norms = [norms_here(loop, examples, size, generator) for _ in range(DRAWS)]
    signal = statistics.fmean(n.signal for n in norms)
    return statistics.fmean(n.noise for n in norms) / signal if signal > 0 else None


def curved(task, rate, seed, steps=STEPS):
    """The same as `along`, with g'Hg in place of the squared norm of each gradient g."""
    loop, examples, size = training(task, rate, seed)
    generator = torch.Generator().manual_seed(seed)
    loop.begin()
    norms = []
    for place in range(1 + steps):
        if place:
            loop.run(1, lambda: examples.drawn(size, generator))
        norms.append(curved_norms(loop, examples, size, generator))
    return noise_scale([n for n in norms if n.small_squared > 0], examples.count)


def curved_norms(loop, examples, size, generator):
    parts = min(8, examples.count // size)
    parameters = list(loop.model.parameters())
    gradients = [
        torch.autograd.grad(loop.loss_of(batch)[1], parameters) for batch in examples.apart(size, parts, generator)
    ]
    mean = [sum(values) / parts for values in zip(*gradients, strict=True)]
    batch = examples.drawn(min(HESSIAN_ROWS, examples.count), generator)
    output = loop.model(batch[0])
    value = (output - batch[1]).square().mean() if isinstance(loop.loss, nn.MSELoss) else loop.loss(output, batch[1])
    slopes = torch.autograd.grad(value, parameters, create_graph=True)

    def quadratic(vector):
        product = torch.autograd.grad(slopes, parameters, vector, retain_graph=True, allow_unused=True)
        return sum(float((h * v).sum()) for h, v in zip(product, vector, strict=True) if h is not None)

    return GradientNorms(size, size * parts, statistics.fmean(map(quadratic, gradients)), quadratic(mean))


def median(found):
    sizes = [size for size in found if size is not None]
    return statistics.median(sizes) if sizes else None


def compared(size, critical):
    return "none | -" if size is None else f"{size:.0f} | {size / critical:.2f}"


def row(task, target):
    began = time.perf_counter()
    swept = sweep(task, target)
    rate = next(rate for size, _, rate in swept.points if size == SMALL)
    found = [along(task, rate, seed) for seed in range(SEEDS)]
    ours = median([f.size for f in found])
    place = median([at_one_place(task, rate, seed) for seed in range(SEEDS)])
    bent = median([curved(task, rate, seed).size for seed in range(SEEDS)])
    steps = " ".join(f"{steps:.0f}" for _, steps, _ in swept.points)
    shown = " | ".join(compared(size, swept.critical) for size in (ours, place, bent))
    texts = (task.name, f"{len(task.x)}", f"{target}", f"{swept.critical:.0f}", f"{swept.misfit:.2f}", shown, steps)
    print(f"| {' | '.join(texts)} | {time.perf_counter() - began:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--others", action="store_true", help="without the tasks that rules were decided on")
    parser.add_argument("--tasks", nargs="*", help="names of functions of batch_noise_tasks.py")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(
        "| task | rows | target | critical size by the sweep | misfit | wellfit | ratio | after 50 steps | ratio "
        "| with curvature | ratio | steps | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    tasks = LOOKED_AT_AFTERWARDS if asked.others else (*DECIDED_ON, *LOOKED_AT_AFTERWARDS)
    for make in tasks:
        if asked.tasks and make.__name__ not in asked.tasks:
            continue
        task = make()
        for target in task.targets:
            row(task, target)


if __name__ == "__main__":
    main()
