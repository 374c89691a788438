"""The log's size over a thousand and over a million steps of a small transformer."""

import os
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from wellfit.model.run import WatchSettings
from wellfit.observe.clock import next_curve_point


def _transformer() -> nn.Module:
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    return nn.Sequential(nn.Embedding(50, 32), nn.TransformerEncoder(layer, 2), nn.Linear(32, 50))


def _train(folder: Path, steps: int, *, simulated: bool) -> None:
    """Real steps wherever the watch would write; in between, a simulated run only lets the clock tick."""
    from wellfit.observe.arm import arm

    arming = arm(WatchSettings(str(folder)))
    torch.manual_seed(0)
    net = _transformer()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for step in range(steps):
        if simulated and not (arming.watch.clock.sampled or next_curve_point(step - 1) == step):
            if arming.watch.clock.count(0):
                arming.watch.clock.begin_iteration()
            continue
        tokens = torch.randint(0, 50, (4, 12))
        loss = F.cross_entropy(net(tokens[:, :-1]).transpose(1, 2), tokens[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    arming.watch.end("exit")


def _bytes_of_run(folder: Path, steps: int, *, simulated: bool) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _train(folder, steps, simulated=simulated)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    (log,) = folder.glob("events-*.jsonl")
    assert '"event":"Ended"' in log.read_text()
    return log.stat().st_size


@pytest.mark.parametrize(("steps", "simulated", "limit"), [(1_000, False, 1_000_000), (1_000_000, True, 5_000_000)])
def test_log_stays_small(tmp_path: Path, steps: int, simulated: bool, limit: int) -> None:
    assert _bytes_of_run(tmp_path, steps, simulated=simulated) <= limit
