"""Proofs as users ask for them: `wellfit check --prove` on a small script, in a folder of its own."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = """\
import os
import sys
import torch
from torch import nn
from torch.nn import functional as F
{before}
torch.manual_seed(0)
centers = torch.randn(6, 12)
labels = torch.arange(600) % 6
rows = centers[labels] + 1.2 * torch.randn(600, 12)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.head = nn.Linear(12, 32), nn.Linear(32, 6)
        {inside}

    def forward(self, x):
        return {answer}

{seeding}
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range({steps}):
    batch = torch.randint(0, 600, (64,))
    loss = F.cross_entropy(net(rows[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    {during}
{after}
"""

RAW = "self.head(F.relu(self.hidden(x)))"
SOFTMAX = f"F.softmax({RAW}, dim=1)"


def program(**parts: Any) -> str:
    """A training script on six blobs that applies softmax before cross_entropy; parts take the place of its own."""
    own = {"before": "", "inside": "pass", "answer": SOFTMAX, "seeding": "", "during": "pass", "after": "", "steps": 60}
    return PROGRAM.format(**{**own, **parts})


@dataclass(frozen=True)
class Proved:
    """What one call of `wellfit check --prove` came to."""

    report: dict[str, Any]
    stdout: str
    stderr: str
    exit_code: int

    def finding(self, rule: str) -> dict[str, Any]:
        """The only finding of a rule."""
        verdict = next(v for v in self.report["verdicts"] if v["rule"] == rule)
        (finding,) = verdict["findings"]
        return dict(finding)

    def proof(self, rule: str) -> dict[str, Any]:
        """Its proof."""
        return dict(self.finding(rule)["proof"])


Prove = Callable[..., Proved]


def hash_tree(folder: Path) -> str:
    """A hash of all names, contents and modes below a folder."""
    hashed = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        hashed.update(str(path.relative_to(folder)).encode() + str(path.lstat().st_mode).encode())
        if path.is_file():
            hashed.update(path.read_bytes())
    return hashed.hexdigest()
