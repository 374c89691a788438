"""A small real training for searches: digits, a network with batch norm and dropout, an optimizer that has state."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from wellfit.find.found import LrFound
from wellfit.find.lr import find_lr
from wellfit.find.trace import fingerprint


@cache
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = load_digits(return_X_y=True)
    return torch.tensor(x[:600], dtype=torch.float32) / 16, torch.tensor(y[:600])


class Net(nn.Module):
    """Has what a careless search leaves changed: running statistics, a counter, a buffer that is exchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
        self.calls, self.shapes = 0, []
        self.register_buffer("latest", torch.zeros(1))
        self.noise = np.random.default_rng(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.shapes.append(len(x))
        self.latest = x.detach().mean().reshape(1)
        return self.body(x + 0.01 * float(self.noise.normal()))


@dataclass
class Run:
    """A training that may have begun already."""

    model: nn.Module = field(default_factory=Net)
    optimizer: Any = None
    loader: Any = None
    validation: Any = None
    scheduler: Any = None
    scaler: Any = None
    loss: Any = field(default_factory=nn.CrossEntropyLoss)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        x, y = digits()
        self.optimizer = self.optimizer or torch.optim.Adam(self.model.parameters(), lr=1e-3)
        if self.loader is None:
            generator = torch.Generator().manual_seed(5)
            self.loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=40, shuffle=True, generator=generator)
        if self.validation is None:
            self.validation = (x[400:], y[400:])

    def train(self, steps: int) -> None:
        """As a user would."""
        for _, (x, y) in zip(range(steps), self.loader, strict=False):
            self.loss(self.model(x), y).backward()
            self.optimizer.step()
            if self.scheduler is not None:
                self.scheduler.step()
            self.optimizer.zero_grad()
        x, y = digits()
        self.loss(self.model(x[:9]), y[:9]).backward()  # gradients that lie there

    def find(self, **changed: Any) -> LrFound:
        options = {"steps": 80, "validation": self.validation, "scheduler": self.scheduler, "scaler": self.scaler}
        options |= self.options | changed
        return find_lr(self.model, self.loader, self.loss, self.optimizer, **options)

    def state(self) -> str:
        return fingerprint(self.model, self.optimizer, self.scheduler, self.scaler, self.loader)
