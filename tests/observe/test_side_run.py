"""Calls of the model beside the training leave no trace, and are refused where they could."""

import hashlib
import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from wellfit.digest.read import read_log
from wellfit.model.events.run import ProbeBroke
from wellfit.model.events.side_run import SideRan
from wellfit.model.run import WatchSettings


class Convolutions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.norm, self.drop, self.head = nn.BatchNorm2d(8), nn.Dropout(0.3), nn.Linear(8 * 16, 10)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.norm(self.first(x)))
        return self.head(self.drop(F.max_pool2d(F.relu(self.second(hidden)), 2).flatten(1)))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.place = nn.Linear(8, 16), nn.Parameter(torch.zeros(8, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.2, batch_first=True)
        self.encoder, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.dropout(self.encoder(self.embed(x) + self.place).mean(1), 0.1, training=True))


def perceptron() -> tuple[nn.Module, tuple[int, ...]]:
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10)), (64,)


def convolutions() -> tuple[nn.Module, tuple[int, ...]]:
    return Convolutions(), (1, 8, 8)


def transformer() -> tuple[nn.Module, tuple[int, ...]]:
    return Transformer(), (8, 8)


Make = Callable[[], tuple[nn.Module, tuple[int, ...]]]


def train(make: Make) -> str:
    """Twelve steps; everything that a second call could have touched, as one hash."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    net, shape = make()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    seen = hashlib.sha256()
    for _ in range(12):
        x, y = torch.randn(16, *shape), torch.randint(0, 10, (16,))
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.update(loss.detach().numpy().tobytes() + x.numpy().tobytes())
        seen.update(repr([m.training for m in net.modules()]).encode())
    for name, tensor in net.state_dict().items():
        seen.update(name.encode() + tensor.numpy().tobytes())
    seen.update(torch.get_rng_state().numpy().tobytes() + repr(random.getstate()).encode())
    seen.update(np.random.get_state()[1].tobytes())
    return seen.hexdigest()


def in_child(make: Make, folder: str | None) -> str:
    """The hash of a training in a forked child, which is armed where a folder for its log is given."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            torch.set_num_threads(1)
            if folder is not None:
                from wellfit.observe.arm import arm

                arming = arm(WatchSettings(folder))
            text = train(make)
            if folder is not None:
                arming.watch.end("exit")
            os.write(writer, text.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(pid, 0)
    return text


@pytest.mark.parametrize("make", [perceptron, convolutions, transformer])
def test_training_is_equal_to_the_last_bit(make: Make) -> None:
    with tempfile.TemporaryDirectory() as folder:
        watched = in_child(make, folder)
        log = read_log(next(Path(folder).glob("*.jsonl")))
    runs = log.of(SideRan)
    assert [r.refused for r in runs] == [""], runs
    assert not log.of(ProbeBroke)
    assert watched == in_child(make, None) != ""


def side_runs(make: Make) -> tuple[SideRan, ...]:
    with tempfile.TemporaryDirectory() as folder:
        assert in_child(make, folder)
        return read_log(next(Path(folder).glob("*.jsonl"))).of(SideRan)


class Counts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.calls = nn.Linear(64, 10), 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.layer(x)


class Prints(Counts):
    def forward(self, x: Tensor) -> Tensor:
        print(end="")
        return self.layer(x)


class Draws(Counts):
    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) * (1 + random.random())


class DrawsFromNumpy(Counts):
    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) * float(np.random.rand())


class Collects(Counts):
    def __init__(self) -> None:
        super().__init__()
        self.outputs: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        out = self.layer(x)
        self.outputs.append(out.detach())
        return out


class CollectsInEvaluation(Collects):
    def forward(self, x: Tensor) -> Tensor:
        out = self.layer(x)
        if not self.training:
            self.outputs.append(out)
        return out


class KeepsState(Counts):
    def __init__(self) -> None:
        super().__init__()
        self.state = torch.zeros(10)

    def forward(self, x: Tensor) -> Tensor:
        out = self.layer(x)
        self.state.copy_(out[0].detach())
        return out


seen_by_all: list[float] = [0.0]


class WritesToGlobal(Counts):
    def forward(self, x: Tensor) -> Tensor:
        seen_by_all[0] += 1
        return self.layer(x)


@pytest.mark.parametrize(
    "kind",
    [Counts, Prints, Draws, DrawsFromNumpy, Collects, CollectsInEvaluation, KeepsState, WritesToGlobal],
    ids=lambda k: k.__name__,
)
def test_model_that_does_more_than_compute_is_not_called(kind: type[nn.Module]) -> None:
    runs = side_runs(lambda: (kind(), (64,)))
    assert [bool(r.refused) for r in runs] == [True], runs


class AppendsLocally(Counts):
    """Loops and collects, as recurrent models do, in a list of its own."""

    def forward(self, x: Tensor) -> Tensor:
        parts = []
        for part in x.split(16, dim=1):
            parts.append(part * 2)  # noqa: PERF401 - the call that is looked at
        out = torch.zeros(len(x), 64)
        out[:, :] = torch.cat(parts, dim=1)
        return self.layer(out)


def test_model_that_collects_in_a_list_of_its_own_is_called() -> None:
    assert [r.refused for r in side_runs(lambda: (AppendsLocally(), (64,)))] == [""]


class RaisesInEvaluation(Counts):
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            raise NotImplementedError
        return self.layer(x)


def test_model_that_raises_in_evaluation_mode_is_refused_and_trains_on() -> None:
    runs = side_runs(lambda: (RaisesInEvaluation(), (64,)))
    assert "NotImplementedError" in runs[0].refused


class Checkpointed(Convolutions):
    def forward(self, x: Tensor) -> Tensor:
        hidden = checkpoint(lambda y: F.relu(self.norm(self.first(y))), x, use_reentrant=False)
        return self.head(self.drop(F.max_pool2d(F.relu(self.second(hidden)), 2).flatten(1)))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before 3.11 a code object does not name its class: refused")
def test_checkpointed_training_is_equal_to_the_last_bit() -> None:
    with tempfile.TemporaryDirectory() as folder:
        watched = in_child(lambda: (Checkpointed(), (1, 8, 8)), folder)
        runs = read_log(next(Path(folder).glob("*.jsonl"))).of(SideRan)
    assert [r.refused for r in runs] == [""], runs
    assert watched == in_child(lambda: (Checkpointed(), (1, 8, 8)), None) != ""
