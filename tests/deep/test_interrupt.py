"""Ctrl-C during a deep look keeps what is done, and leaves nothing running."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SLOW = """\
import time
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(12):
    time.sleep(0.25)
    x = torch.randn(16, 8)
    loss = F.cross_entropy(net(x), x[:, :3].argmax(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def test_an_interrupted_look_is_reported(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SLOW)
    words = [sys.executable, "-m", "wellfit", "check", "--deep", "-o", "report.json", "--select", "WF901,WF551"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*words, "train.py"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        while "looking deeper" not in running.stderr.readline():
            assert running.poll() is None
        time.sleep(1.0)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    report = json.loads((tmp_path / "report.json").read_text())
    reasons = {verdict["rule"]: verdict["reason"] or "" for verdict in report["verdicts"]}
    assert "interrupted" in reasons["WF901"]
    assert running.returncode == 0
    assert not list(tmp_path.glob("wellfit-trial-*"))
