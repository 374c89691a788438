"""What a script's learning-rate schedule makes of being saved and loaded."""

from pathlib import Path

import pytest
from deeply import look_at

TRAINING = """\
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)


class Halving(torch.optim.lr_scheduler.LRScheduler):
    def __init__(self, optimizer):
        self.calls = 0
        super().__init__(optimizer)

    def get_lr(self):
        self.calls += 1
        return [group["lr"] * (0.5 if self.calls % 5 == 0 else 1) for group in self.optimizer.param_groups]


class Forgetful(Halving):
    def state_dict(self):
        return {{"last_epoch": self.last_epoch}}


net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = {kind}(optimizer)
for step in range(12):
    x = torch.randn(16, 8)
    loss = F.cross_entropy(net(x), x[:, :3].argmax(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
"""
COUNTS = 14


@pytest.mark.parametrize(("kind", "lines"), [("Forgetful", {("WF902", COUNTS)}), ("Halving", set())])
def test_a_schedule_that_loses_its_count_is_found(kind: str, lines: set[tuple[str, int]], tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAINING.format(kind=kind))
    looked = look_at("train.py", tmp_path, "--select", "WF902")
    assert looked.found() == lines, looked.printed
    assert looked.verdict("WF902")["verdict"] == ("found" if lines else "clear")
