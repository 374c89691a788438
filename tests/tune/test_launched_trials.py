"""Trials of a command that starts several processes: all have the same setting, and all end together."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wellfit.script.launched import Launched

TORCHRUN = Path(sys.executable).with_name("torchrun")
RANKS = """
import argparse, os, time, torch
import torch.distributed as dist
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1e-3)
parser.add_argument("--pause", type=float, default=0.0)
args = parser.parse_args()
dist.init_process_group("gloo")
torch.manual_seed(0)
x = torch.randn(128, 4); y = (x.sum(1) > 0).long()
model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 2))
opt = torch.optim.SGD(model.parameters(), lr=args.lr)
rank, ranks = dist.get_rank(), dist.get_world_size()
open(f"rank{rank}.txt", "w").write(str(os.getpid()))
for epoch in range(6):
    model.train()
    for i in range(0, 96, 16):
        opt.zero_grad()
        nn.functional.cross_entropy(model(x[i + rank:i + 16:ranks]), y[i + rank:i + 16:ranks]).backward()
        for p in model.parameters():
            dist.all_reduce(p.grad)
            p.grad /= ranks
        opt.step()
    model.eval()
    with torch.no_grad():
        loss = nn.functional.cross_entropy(model(x[96:]), y[96:]).item()
    rates = [torch.zeros(1) for _ in range(ranks)]
    dist.all_gather(rates, torch.tensor([opt.param_groups[0]["lr"] + model[1].p]))
    assert len({r.item() for r in rates}) == 1, rates
    if rank == 0:
        print(f"val_loss={loss:.4f}", flush=True)
    time.sleep(args.pause)
dist.destroy_process_group()
"""
FAMILY = """
import os, subprocess, sys, time
sleeper = "import os, time; open(f'{os.getpid()}.pid', 'w').close(); time.sleep(600)"
two = [subprocess.Popen([sys.executable, "-c", sleeper], start_new_session=True) for _ in range(2)]
for one in two:
    one.wait()
"""


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids, seconds=10.0):
    deadline = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(is_alive(pid) for pid in pids)


def pids_in(folder):
    return [int(path.stem) for path in folder.glob("*.pid")]


@pytest.fixture
def family(tmp_path):
    (tmp_path / "family.py").write_text(FAMILY)
    return Launched((sys.executable, "family.py"), 2, str(tmp_path), os.environ)


def test_a_run_that_is_ended_early_takes_processes_in_sessions_of_their_own_along(family, tmp_path):
    end = family.run({}, str(tmp_path / "o.txt"), limit_s=60, enough=lambda: len(pids_in(tmp_path)) == 2)
    assert end.exit_code is None
    assert len(pids_in(tmp_path)) == 2
    assert gone(pids_in(tmp_path))


def test_a_run_that_takes_too_long_is_ended_with_all_of_its_processes(family, tmp_path):
    end = family.run({}, str(tmp_path / "o.txt"), limit_s=3)
    assert end.exit_code is None
    assert 3 <= end.elapsed_s < 20
    assert pids_in(tmp_path)
    assert gone(pids_in(tmp_path))


def test_processes_end_where_who_asked_for_them_is_killed(tmp_path):
    (tmp_path / "family.py").write_text(FAMILY)
    asking = (
        "import os, sys; from wellfit.script.launched import Launched; "
        "Launched((sys.executable, 'family.py'), 2, os.getcwd(), os.environ).run({}, 'o.txt', limit_s=60)"
    )
    asker = subprocess.Popen([sys.executable, "-c", asking], cwd=tmp_path)
    deadline = time.monotonic() + 30
    while len(pids_in(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    pids = pids_in(tmp_path)
    assert len(pids) == 2
    asker.kill()
    asker.wait()
    assert gone(pids)


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_that_of_the_command(tmp_path, code):
    launched = Launched(("sh", "-c", f"echo said; exit {code}"), 2, str(tmp_path), os.environ)
    assert launched.run({}, str(tmp_path / "o.txt"), limit_s=60).exit_code == code
    assert (tmp_path / "o.txt").read_text() == "said\n"


def test_arguments_come_behind_the_first_words(tmp_path):
    launched = Launched(("echo", "one", "two"), 2, str(tmp_path), os.environ)
    assert launched.run({}, str(tmp_path / "o.txt"), limit_s=60, arguments=["three", "four"]).exit_code == 0
    assert (tmp_path / "o.txt").read_text() == "one three four\n"


@pytest.mark.skipif(not TORCHRUN.exists(), reason="torchrun is not installed beside this Python")
def test_every_trial_of_torchrun_is_the_whole_command_and_ranks_agree(tmp_path):
    (tmp_path / "train.py").write_text(RANKS)
    words = [
        "tune",
        "--trials",
        "4",
        "--no-prune",
        "--seeds",
        "0",
        "-o",
        "found.json",
        "torchrun",
        "--nproc-per-node",
        "2",
    ]
    words += ["train.py", "--lr", "log:1e-3..1", "--dropout", "0.1..0.6"]
    environment = {**os.environ, "PATH": f"{TORCHRUN.parent}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "wellfit", *words],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    trials = json.loads((tmp_path / "found.json").read_text())["trials"]
    assert [trial["end"] for trial in trials] == ["done"] * 4  # the script itself fails where ranks differ
    assert trials[0]["values"] == {"lr": 1e-3, "dropout": 0.3}
    assert len({trial["value"] for trial in trials}) == 4
    assert "the script's own --lr" in ended.stderr
    assert not (tmp_path / "rank0.txt").exists()
