"""`wellfit lr` on scripts that leave their loop to a framework: unchanged, and without a trace."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[1] / "gallery" / "frameworks"

ACCELERATE = """
import torch
from accelerate import Accelerator
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
rows = TensorDataset(torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y))
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
net, opt, loader = accelerator.prepare(
    net, torch.optim.AdamW(net.parameters(), lr=1e-5), DataLoader(rows, batch_size=32, shuffle=True)
)
for epoch in range(4):
    for a, b in loader:
        with accelerator.accumulate(net):
            accelerator.backward(nn.functional.cross_entropy(net(a), b))
            opt.step()
            opt.zero_grad()
"""


def hashes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


def search(folder: Path, text: str, tmp_path: Path) -> dict[str, object]:
    (folder / "train.py").write_text(text)
    before = hashes(folder)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    out = tmp_path / "lr.json"
    words = [sys.executable, "-m", "wellfit", "lr", "-o", str(out), "--budget-steps", "80", "train.py"]
    ended = subprocess.run(words, cwd=folder, env=kept, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert hashes(folder) == before
    return json.loads(out.read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


@pytest.mark.parametrize(
    ("package", "program", "planned"),
    [("lightning", "lightning_digits.py", 60), ("transformers", "hf_trainer_text.py", 60)],
)
def test_trainers_are_searched_unchanged(package, program, planned, folder, tmp_path):
    pytest.importorskip(package)
    found = search(folder, (PROGRAMS / program).read_text(), tmp_path)
    assert found["verdict"] in {"ok", "at the edge"}
    assert found["planned"] == planned
    assert found["planned_known"]
    assert "held back" in found["judged_on"]
    assert 1e-4 < found["rate"] < 0.3


def test_accelerate_is_searched_by_optimizer_steps(folder, tmp_path):
    pytest.importorskip("accelerate")
    found = search(folder, ACCELERATE, tmp_path)
    assert "held back" in found["judged_on"]
    assert 1e-3 < found["rate"] < 0.5
