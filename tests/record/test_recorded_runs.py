"""A recorded program: its options, generators, first batches and metrics, and that nothing else about it changes."""

from pathlib import Path

import pytest
from running import run_plain, run_recorded
from training import EPOCH

from wellfit.digest.recorded import summarize_curve
from wellfit.model.events.record import MetricSeen
from wellfit.model.events.run import Counted

TRAIN = """
import argparse, sys
import torch
from dataclasses import dataclass, field
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--tag")
args = parser.parse_args()

@dataclass
class Inner:
    drop: float = 0.1

@dataclass
class Config:
    width: int = 32
    inner: Inner = field(default_factory=Inner)

config = Config(width=48)
torch.manual_seed(7)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
net = nn.Sequential(nn.Linear(64, config.width), nn.ReLU(), nn.Dropout(config.inner.drop), nn.Linear(config.width, 10))
opt = torch.optim.SGD(net.parameters(), lr=args.lr)
for epoch in range(args.epochs):"""
TRAIN += EPOCH
TRAIN += """
    print(f"epoch {epoch} held={held.item():.10f} right={right.item():.10f}")
print("weights", sum(p.double().sum().item() for p in net.parameters()))
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    script = tmp_path_factory.mktemp("recorded") / "train.py"
    script.write_text(TRAIN)
    return *run_recorded(script, "--lr", "0.2"), script


def test_options_come_with_their_defaults(recorded):
    options = {option.name: (option.value, option.default, option.source) for option in recorded[0].options}
    assert options["lr"] == (0.2, 0.1, "argparse")
    assert options["epochs"] == (3, 3, "argparse")
    assert options["tag"] == (None, None, "argparse")
    assert options["width"] == (48, 32, "dataclass")
    assert options["inner.drop"] == (0.1, 0.1, "dataclass")


def test_the_training_is_the_same_as_without_a_record(recorded):
    plain, code = run_plain(recorded[3], "--lr", "0.2")
    assert code == 0
    assert recorded[2] == plain


def test_generators_and_first_batches_are_hashed(recorded):
    again = run_recorded(recorded[3], "--lr", "0.2")[0]
    other = run_recorded(recorded[3], "--lr", "0.3", "--epochs", "1")[0]
    assert recorded[0].seeds.seeds == {"torch": 7}
    assert set(recorded[0].seeds.states) == {"python", "numpy", "torch"}
    assert again.seeds == recorded[0].seeds
    assert again.data == recorded[0].data == other.data
    assert len(set(recorded[0].data)) == 3


def test_what_is_measured_is_what_the_script_prints(recorded):
    curves = recorded[0].curves
    assert [p.value for p in curves["val_loss"]] == pytest.approx([p.value for p in curves["held"]], rel=1e-5)
    assert [p.value for p in curves["val_accuracy"]] == pytest.approx([p.value for p in curves["right"]], abs=1e-7)
    assert [p.step for p in curves["held"]] == [28, 56, 84]
    assert "epoch" not in curves


def test_steps_that_are_not_heard_are_counted(recorded):
    counted = recorded[1].last(Counted)
    assert counted.steps == 84
    assert counted.backwards < 60
    losses = recorded[0].curves["train_loss"]
    assert [p.step for p in losses][:16] == list(range(16))
    assert losses[-1].step > 75
    assert losses[-1].value < losses[0].value


def test_a_summary_has_the_best_and_the_last(recorded):
    held = summarize_curve("val_loss", recorded[0].curves["val_loss"])
    values = [p.value for p in recorded[0].curves["val_loss"]]
    assert (held.best, held.last, held.count) == (min(values), values[-1], 3)
    right = summarize_curve("val_accuracy", recorded[0].curves["val_accuracy"])
    assert right.higher_is_better
    assert right.best == max(p.value for p in recorded[0].curves["val_accuracy"])


def test_values_that_are_no_numbers_are_never_the_best():
    points = tuple(
        MetricSeen("loss", "printed", n, v, 0.0) for n, v in enumerate([2.0, float("nan"), 1.0, float("nan")])
    )
    summary = summarize_curve("loss", points)
    assert (summary.best, summary.best_step, summary.last, summary.count) == (1.0, 2, 1.0, 4)
    assert summarize_curve("loss", points[1:2]) is None


STOPS = """
import argparse
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="here")
parser.parse_args()
raise SystemExit(3)
"""


def test_options_of_a_run_that_ends_before_it_trains_are_seen(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(STOPS)
    record = run_recorded(script, "--data", "no-such-file")[0]
    assert {option.name: (option.value, option.default) for option in record.options} == {
        "data": ("no-such-file", "here")
    }


CLICK = """
import click
import torch
from torch import nn

@click.command()
@click.option("--rate", default=0.01)
@click.option("--sizes", multiple=True, type=int)
@click.option("--fast/--slow", default=False)
def main(rate, sizes, fast):
    net = nn.Linear(4, 1)
    opt = torch.optim.SGD(net.parameters(), lr=rate)
    for _ in range(5):
        loss = net(torch.randn(8, 4)).pow(2).mean()
        opt.zero_grad(); loss.backward(); opt.step()
    print("final_loss: %.4f" % loss.item())

main(standalone_mode=False)
"""


def test_click_options_are_seen(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(CLICK)
    record, _, output = run_recorded(script, "--sizes", "3", "--sizes", "4", "--fast")
    options = {option.name: (option.value, option.default) for option in record.options}
    assert options == {"rate": (0.01, 0.01), "sizes": ("(3, 4)", options["sizes"][1]), "fast": (True, False)}
    assert f"{record.curves['final_loss'][-1].value:.4f}" in output


FORKS = """
import os
import torch
from torch import nn

net = nn.Linear(4, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.01)
for step in range(5):
    loss = net(torch.ones(8, 4)).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step()
if os.fork() == 0:
    print("mine=3", flush=True)
    os._exit(0)
os.wait()
print("ours=4")
"""


def test_what_a_forked_process_prints_is_not_the_runs(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(FORKS)
    record, _, output = run_recorded(script)
    assert "mine=3" in output
    assert "ours" in record.curves
    assert "mine" not in record.curves


ECHOES = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--weight-decay", type=float, default=0.01)
args = parser.parse_args()
for name, value in vars(args).items():
    print(f"{name}: {value}")

import torch
from torch import nn

net = nn.Linear(4, 1)
opt = torch.optim.SGD(net.parameters(), lr=args.lr)
for step in range(3):
    loss = net(torch.ones(8, 4)).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    opt.param_groups[0]["lr"] /= 2
    print(f"step {step} loss {loss.item():.4f} lr {opt.param_groups[0]['lr']:.4f} weight decay {args.weight_decay}")
"""


def test_an_option_that_is_printed_is_a_metric_where_it_changes(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(ECHOES)
    curves = run_recorded(script)[0].curves
    assert [point.value for point in curves["lr"]] == [0.1, 0.05, 0.025, 0.0125]
    assert "weight_decay" not in curves
    assert len(curves["loss"]) == 3
