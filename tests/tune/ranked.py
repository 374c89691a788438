"""What each process of the distributed tests does."""

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist

import wellfit
from wellfit.errors import UsageError

SPACE = {"x": wellfit.lin(0.0, -2, 2), "kind": wellfit.choice("a", "b")}


def averaged(value: float) -> float:
    """A value that only comes where all ranks are at the same report."""
    mean = torch.tensor([value])
    dist.all_reduce(mean)
    return mean.item() / dist.get_world_size()


def descend(hp, report):
    """Ranks see other halves of the data; the mean is that of all."""
    shift = dist.get_rank() - 0.5
    for step in range(20):
        report(step, val_loss=averaged(abs(hp.x - shift)) + 1 / (step + 1))


def descend_in_own_group(hp, report):
    """The group is made within each trial, as scripts for torchrun do."""
    dist.init_process_group("gloo")
    try:
        descend(hp, report)
    finally:
        dist.destroy_process_group()


def report_on_the_first(hp, report):
    if int(os.environ["RANK"]) == 0:
        report(0, val_loss=hp.x)


def fail_on_the_second(hp, report):
    if int(os.environ["RANK"]) == 1 and hp.kind == "b":
        raise ValueError("no b here")
    report(0, val_loss=abs(hp.x))


FUNCTIONS = {f.__name__: f for f in (descend, descend_in_own_group, report_on_the_first, fail_on_the_second)}


def run(rank: int, port: int, function: str, folder: str) -> None:
    """One rank; writes what it found."""
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    if function == "descend":
        dist.init_process_group("gloo")
    try:
        study = wellfit.tune(FUNCTIONS[function], SPACE, trials=12, seeds=1, prune=True)
        found = {
            "best": dict(study.best),
            "values": [t.value for t in study.trials],
            "ends": [t.end for t in study.trials],
            "reasons": [t.reason for t in study.trials],
            "verdict": study.verdict,
        }
    except UsageError as error:
        found = {"refused": str(error)}
    Path(folder, f"{rank}.json").write_text(json.dumps(found))
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
