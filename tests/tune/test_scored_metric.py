"""The metric of scripts that compute no loss where they evaluate: scored beside them, and nothing else moves."""

import json
from pathlib import Path

import pytest
from running import run_with

from wellfit.keep.curves import told_in
from wellfit.model.cure import WHOLE, Trial
from wellfit.model.run import WatchSettings
from wellfit.tune.script.tail import Tail

EPOCHS = 25

SCRIPT = """
import json, sys, torch
from torch import nn
torch.manual_seed(0)
inputs = torch.randn(160, 6)
targets = (inputs @ torch.randn(6, 3)).argmax(1)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
truth = []
for epoch in range(25):
    model.train()
    for rows in torch.randperm(96).split(32):
        loss = criterion(model(inputs[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        {evaluation}
    weights = [p.clone() for p in model.parameters()]
with open("truth.json", "w") as file:
    json.dump([truth, sum(w.double().sum().item() for w in weights)], file)
"""

TENSORS = """
        x, y = inputs[96:], targets[96:]
        answers = model(x)
        print("accuracy", (answers.argmax(1) == y).float().mean().item())
        truth.append(-answers.log_softmax(1)[torch.arange(64), y].mean().item())
"""
LOADER = """
        held_out = torch.utils.data.TensorDataset(inputs[96:], targets[96:])
        right, nll = 0, 0.0
        for x, y in torch.utils.data.DataLoader(held_out, 16):
            answers = model(x)
            right += (answers.argmax(1) == y).sum().item()
            nll -= answers.log_softmax(1)[torch.arange(16), y].sum().item()
        truth.append(nll / 64)
"""
TRAINING_ROWS_FIRST = """
        seen = (model(inputs[:96]).argmax(1) == targets[:96]).float().mean()
        x, y = inputs[96:], targets[96:]
        answers = model(x)
        right = (answers.argmax(1) == y).float().mean()
        truth.append(-answers.log_softmax(1)[torch.arange(64), y].mean().item())
"""


def run(folder: Path, evaluation: str, *wanted: str) -> tuple[list[float], float]:
    """The losses that the script itself computes on the way, by no loss function, and a sum of its last weights."""
    script = folder / "train.py"
    script.write_text(SCRIPT.replace("{evaluation}", evaluation.strip()))
    trial = Trial(0, WHOLE, 0, (), root=str(folder), copy=str(folder))
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    settings = WatchSettings(str(logs), wanted=("Tracked", *wanted), record=True, lean=True, trial=trial)
    assert run_with(script, settings, folder / "output.txt") == 0, (folder / "output.txt").read_text()
    truth, weights = json.loads((folder / "truth.json").read_text())
    return truth, weights


@pytest.mark.parametrize("evaluation", [TENSORS, LOADER, TRAINING_ROWS_FIRST], ids=["tensors", "loader", "both sets"])
def test_each_evaluation_is_scored_on_its_held_out_rows(tmp_path, monkeypatch, evaluation):
    monkeypatch.chdir(tmp_path)
    truth, weights = run(tmp_path, evaluation, "FitScored")
    told = told_in(tmp_path / "logs", scored=True)
    assert told is not None
    assert [point.value for point in told.curves["val_loss"]] == pytest.approx(truth, rel=1e-5)
    assert {point.source for point in told.curves["val_loss"]} == {"scored"}
    assert len(told.curves["val_accuracy"]) == EPOCHS
    assert Tail(tmp_path / "logs", "val_loss").new_values() == pytest.approx(truth, rel=1e-5), "as it runs"
    plain = tmp_path / "plain"
    plain.mkdir()
    monkeypatch.chdir(plain)
    assert run(plain, evaluation)[1] == weights, "scoring moves nothing"


def test_nothing_is_scored_where_nobody_asks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(tmp_path, TENSORS, "FitScored")
    told = told_in(tmp_path / "logs")
    assert told is not None
    assert "val_loss" not in told.curves
