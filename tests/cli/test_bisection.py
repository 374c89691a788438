"""`wellfit rerun --check` on scripts that do not come back, each for one planted reason, which must be named."""

import json
import os
import subprocess

import numpy as np
import pytest
from sklearn.datasets import load_digits

HEAD = """
import os, random, time
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset
digits = np.load("digits.npz")
x, y = torch.tensor(digits["x"], dtype=torch.float32) / 16, torch.tensor(digits["y"])
"""
NET = "net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))\n"
DROPPING = "net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 10))\n"
LOADER = "loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)\n"
IN_ORDER = "loader = DataLoader(TensorDataset(x, y), batch_size=40)\n"
LOOP = """
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(2):
    for a, b in loader:
        {before}
        loss = F.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
"""
NOISY = """
class Noisy(Dataset):
    def __init__(self): self.rng = np.random.default_rng()
    def __len__(self): return 400
    def __getitem__(self, i): return x[i] + torch.tensor(self.rng.normal(size=64) * 0.1, dtype=torch.float32), y[i]
"""
IN_WORKERS = """
class Noisy(Dataset):
    def __len__(self): return 400
    def __getitem__(self, i): return x[i] + torch.tensor(np.random.normal(size=64) * 0.1, dtype=torch.float32), y[i]
def begin(worker):
    np.random.seed(time.time_ns() % 2**32)
"""
RACING = """
torch.set_num_threads(2)
class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(64, 10)
    def forward(self, v):
        wide = v.repeat(1, 40).flatten()
        where = torch.arange(len(wide)) % 7
        total = torch.zeros(7).index_put_((where,), wide * 0.37, accumulate=True)
        return self.linear(v) + total.sum() * 1e-4
net = Pool()
"""
NAMES = """
names = list({f"class {number}" for number in range(10)})
y = torch.tensor([names.index(f"class {int(number)}") for number in y])
"""


def script(*parts, before="pass"):
    return HEAD + "".join(parts) + LOOP.format(before=before)


def line_of(text, part):
    return 1 + next(number for number, line in enumerate(text.splitlines()) if part in line)


def make(shell, text, **changes):
    """Record a run of a script in a repository; its id."""
    shell.write("train.py", text)
    x, y = load_digits(return_X_y=True)
    np.savez(shell.folder / "digits.npz", x=x[:400], y=y[:400])
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        named = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words]
        subprocess.run(named, cwd=shell.folder, env=environment, check=True)
    ran = shell.run("run", "train.py", **changes)
    assert ran.returncode == 0, ran.stderr
    (record,) = (shell.folder / ".wellfit").rglob("record.json")
    return json.loads(record.read_text())["id"]


def said(back):
    """The cause and the fix, and how many short runs there were."""
    lines = dict(line.split(": ", 1) for line in back.stdout.splitlines() if line.startswith(("cause: ", "fix: ")))
    return lines["cause"], lines.get("fix", ""), back.stderr.count("short run ")


UNSEEDED_INIT = script("torch.manual_seed(time.time_ns() % 100003)\n", NET, "torch.manual_seed(1)\n", LOADER)
UNSEEDED_ORDER = script(
    NET, "own = torch.Generator()\nown.seed()\n", LOADER.replace("shuffle=True", "shuffle=True, generator=own")
)
UNSEEDED_NOISE = script(NOISY, NET, "loader = DataLoader(Noisy(), batch_size=40)\n")
UNSEEDED_WORKERS = script(
    IN_WORKERS, NET, "loader = DataLoader(Noisy(), batch_size=40, num_workers=2, worker_init_fn=begin)\n"
)
RESEEDED = script(DROPPING, IN_ORDER, before="torch.manual_seed(time.time_ns() % 100003)")
CLOCKED = script(NET, LOADER, before="a = a * (1 + time.time() % 1)")
SHUFFLED_LIST = script("random.seed(os.urandom(8))\nrows = random.sample(range(400), 400)\n", "x, y = x[rows], y[rows]\n",
                       NET, IN_ORDER)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what", "told", "guilty", "edit"),
    [
        (UNSEEDED_INIT, "init", "torch.manual_seed", "time_ns", "torch.manual_seed(0)"),
        (UNSEEDED_ORDER, "data order", "Generator.seed", "own.seed()", "manual_seed(0) of that generator"),
        (UNSEEDED_NOISE, "augmentation", "np.random.default_rng", "default_rng()", "np.random.default_rng(0)"),
        (UNSEEDED_WORKERS, "augmentation", "in worker 0", "np.random.seed(", "seed once per worker, in worker_init_fn"),
        (RESEEDED, "dropout", "Dropout draws other values", "torch.manual_seed(", "once before the loop"),
        (CLOCKED, "augmentation", "reads time.time", "time.time()", "a fixed number in place of time.time()"),
        (SHUFFLED_LIST, "data order", "random.seed", "random.seed(", "random.seed(0)"),
    ],
    ids=["init", "order", "numpy", "workers", "dropout", "clock", "random"],
)
def test_what_lets_chance_in_is_named_with_its_line_and_its_cure(shell, text, what, told, guilty, edit):
    back = shell.run("rerun", "--check", make(shell, text))
    assert back.returncode == 1, back.stderr
    cause, fix, trials = said(back)
    assert cause.startswith(f"{what}: "), cause
    assert told in cause
    assert f"train.py:{line_of(text, guilty)}" in cause
    assert "given the same again, short runs come out equal" in cause
    assert fix.startswith(f"train.py:{line_of(text, guilty)}: ")
    assert edit in fix
    assert trials == 3


def test_an_operation_whose_threads_race_is_named_with_its_cure(shell):
    text = script(RACING, IN_ORDER)
    back = shell.run("rerun", "--check", make(shell, text))
    assert back.returncode == 1, back.stderr
    cause, fix, trials = said(back)
    assert cause.startswith("kernels: equal inputs give other outputs, first in what aten.index_put_ at")
    assert f"train.py:{line_of(text, 'index_put_')}" in cause
    assert "in Pool" in cause
    assert fix == "torch.use_deterministic_algorithms(True) before training"
    assert trials == 4


def test_an_order_of_sets_that_the_environment_leaves_to_chance_is_named(shell):
    text = script(NAMES, NET, LOADER)
    back = shell.run("rerun", "--check", make(shell, text, PYTHONHASHSEED="random"), PYTHONHASHSEED="random")
    assert back.returncode == 1, back.stderr
    cause, fix, trials = said(back)
    assert cause.startswith("hash order: ")
    assert "with PYTHONHASHSEED=0, short runs come out equal" in cause
    assert f"train.py:{line_of(text, 'y = torch.tensor([names')}" in fix
    assert trials == 4


def test_a_file_that_has_changed_since_is_named(shell, tmp_path_factory):
    scale = tmp_path_factory.mktemp("data") / "scale.npy"
    np.save(scale, np.float32(1.0))
    name = make(shell, script(f"x = x * torch.tensor(np.load({str(scale)!r}))\n", NET, LOADER))
    np.save(scale, np.float32(1.5))
    back = shell.run("rerun", "--check", name)
    assert back.returncode == 1, back.stderr
    cause, _, trials = said(back)
    assert cause.startswith("a file: short runs of now are equal")
    assert str(scale) in cause
    assert trials == 2


def test_another_number_of_threads_is_named(shell):
    text = script(NET, "x[:, 0] += torch.linspace(0, 1, 400_001).sin().sum() % 1\n", IN_ORDER)
    back = shell.run("rerun", "--check", make(shell, text, OMP_NUM_THREADS="2"))
    assert back.returncode == 1, back.stdout
    cause, fix, trials = said(back)
    assert cause.startswith("threads: torch used 2 threads when this was recorded and uses 1 now")
    assert fix.startswith("OMP_NUM_THREADS=2")
    assert trials == 3


def test_a_script_that_comes_back_costs_no_short_run(shell):
    workers = "loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True, num_workers=2)\n"
    back = shell.run("rerun", "--check", make(shell, script(DROPPING, workers)))
    assert back.returncode == 0, back.stdout
    assert "short run" not in back.stderr
    assert "cause" not in back.stdout
