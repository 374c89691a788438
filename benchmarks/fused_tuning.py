"""A whole search of 64 trials: over a task whose trials are trained at once, and over a function, one after another.

Both train the same models on the same data for as many steps, report as often, and keep their study in memory; no
fresh seeds. The function is plain torch. They take turns; medians of the process's CPU time.

    python benchmarks/fused_tuning.py             # some minutes
    python benchmarks/fused_tuning.py --rounds 1  # one
    python benchmarks/fused_tuning.py --device cuda
"""

import argparse
import gc
import statistics
import time

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import wellfit
from wellfit.fuse.feed import TensorBatches

STEPS, REPORTS, BATCH = 300, 10, 32
SPACE = {
    "lr": wellfit.log(1e-3, 1e-4, 1e-1),
    "weight_decay": wellfit.log(0.01, 1e-4, 1),
    "dropout": wellfit.lin(0.1, 0, 0.6),
}


def data_on(device):
    pixels, labels = load_digits(return_X_y=True)
    inputs, targets = torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(labels)
    inputs, targets = inputs.to(device), targets.to(device)
    return TensorBatches(inputs[:300], targets[:300], BATCH), (inputs[300:900], targets[300:900])


def building(width):
    def build(hp):
        def layer(inputs):
            return [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(hp.dropout)]

        return nn.Sequential(*layer(64), *layer(width), nn.Linear(width, 10))

    return build


def function_of(build, data, held, device):
    def train(hp, report):
        model, batches = build(hp).to(device), data(0)
        optimizer = torch.optim.AdamW(model.parameters(), hp.lr, weight_decay=hp.weight_decay)
        for step in range(1, STEPS + 1):
            inputs, targets = next(batches)
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
            if step % (STEPS // REPORTS) == 0:
                model.eval()
                with torch.no_grad():
                    report(step, val_loss=F.cross_entropy(model(held[0]), held[1]))
                model.train()

    return train


def searched(train, options, sampler):
    clock = time.perf_counter if options.device == "cuda" else time.process_time
    gc.collect()
    began = clock()
    study = wellfit.tune(
        train, SPACE, trials=options.trials, seeds=0, sampler=sampler, prune=options.prune
    )  # fmt: skip
    return clock() - began, study


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 64, 256])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prune", action="store_true")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    data, held = data_on(options.device)
    print("| width | sampler | function, s | task, s | times as quick | best of function | best of task |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for width in options.widths:
        build = building(width)
        task = wellfit.FusedTask(build, F.cross_entropy, data, STEPS, [held], device=options.device)
        ways = {"function": function_of(build, data, held, options.device), "task": task}
        for sampler in ("tpe", "random"):
            runs = [{n: searched(w, options, sampler) for n, w in ways.items()} for _ in range(options.rounds)]
            plain, fused = (statistics.median(run[name][0] for run in runs) for name in ways)
            bests = " | ".join(f"{runs[0][name][1].value:.4f}" for name in ways)
            print(f"| {width} | {sampler} | {plain:.1f} | {fused:.2f} | {plain / fused:.1f} | {bests} |", flush=True)
            for notice in runs[0]["task"][1].notices:
                print(f"  {notice}")


if __name__ == "__main__":
    main()
