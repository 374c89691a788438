"""`wellfit tune` on a script that declares its own space, and processes that share one search in code."""

import json
import subprocess
import sys

import pytest

import wellfit

SCRIPT = """
import torch
import wellfit
from torch import nn

hp = wellfit.params(lr=wellfit.log(1e-4, 1e-5, 1), width=wellfit.integer(8, 4, 16), act=wellfit.choice("Tanh", "ReLU"))
torch.manual_seed(0)
x = torch.randn(64, 4)
net = nn.Sequential(nn.Linear(4, hp.width), getattr(nn, hp.act)(), nn.Linear(hp.width, 1))
opt = torch.optim.SGD(net.parameters(), lr=hp.lr)
for epoch in range(4):
    for rows in x[:32].split(8):
        loss = (net(rows) - rows.sum(1, keepdim=True)).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    wellfit.report(epoch, fit=1 / (1 + (net(x[32:]) - x[32:].sum(1, keepdim=True)).square().mean()))
"""

SHARED = """
import sys, time
import wellfit

def train(hp, report):
    time.sleep(0.05)
    report(val_loss=abs(hp.x - 0.3))

study = wellfit.tune(train, {"x": wellfit.lin(1.0, 0, 2)}, trials=16, seeds=0, name="shared", storage=sys.argv[1])
print(len(study.trials), sorted(t.slot for t in study.trials) == list(range(16)), study.value)
"""


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("declares")
    (folder / "train.py").write_text(SCRIPT)
    words = [sys.executable, "-m", "wellfit", "tune", "train.py", "--mode", "max", "--trials", "4", "--seeds", "0"]
    words += ["--lr", "1e-3..0.1", "-o", "found.json"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done, json.loads((folder / "found.json").read_text())


def test_the_declared_space_is_searched_within_the_typed_range(declared) -> None:
    done, found = declared
    assert "lr: 0.001 to 0.1 (logarithms); declared by the script" in done.stderr
    trials = {trial["slot"]: trial["values"] for trial in found["trials"]}
    assert all(set(values) == {"lr", "width", "act"} for slot, values in trials.items() if slot)
    assert all(1e-3 <= values["lr"] <= 0.1 for slot, values in trials.items() if slot)
    assert found["plan"]["seen"]["present"] == {"lr": 1e-4, "width": 8, "act": "Tanh"}


def test_the_reported_metric_counts(declared) -> None:
    _, found = declared
    assert found["plan"]["metric"] == "fit"
    assert found["plan"]["points"] == 4
    values = {trial["slot"]: trial["value"] for trial in found["trials"]}
    assert found["best"] == max(values, key=values.get)
    assert len(set(values.values())) == 4


def test_processes_share_a_named_search(tmp_path) -> None:
    words = [sys.executable, "-c", SHARED, str(tmp_path / "study")]
    began = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].split() for process in began]
    assert said[0] == said[1]
    assert said[0][:2] == ["16", "True"]


def test_a_worker_of_the_command_line_does_not_take_a_function(tmp_path) -> None:
    wellfit.tune(lambda hp, report: report(val_loss=hp.x), {"x": wellfit.lin(1.0, 0, 2)}, trials=2, storage=tmp_path)
    words = [sys.executable, "-m", "wellfit", "worker", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "searches over the function lambda" in done.stderr


def test_the_record_of_a_declared_trial_has_its_values(declared) -> None:
    _, found = declared
    last = found["trials"][3]
    words = [sys.executable, "-m", "wellfit", "runs", "show", last["run"], "--json"]
    shown = subprocess.run(words, cwd=found["plan"]["folder"], capture_output=True, text=True, check=True).stdout
    assert json.loads(shown)["params"] == last["values"]
