"""The user's training as a search runs it: from the same start as often as needed, at rates that the search sets."""

import contextlib
import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from wellfit.find.batches import Batches, moved, size_of, tensors_of
from wellfit.find.rates import Rates
from wellfit.find.snapshot import Snapshot
from wellfit.observe.side_run import evaluation_mode

POST_HOOKS = "_optimizer_step_post_hooks"
"""What others do after a step (averaged copies of the weights, logs, schedules) does not belong to a search."""

MOMENTUM = "momentum"
"""Of a batch norm; a float, which torch's types do not say."""

PAIR = 2


@dataclass
class Training:
    """One training, to be started again and again.

    Args:
        loss: `loss(model(inputs), targets)` where a batch is a pair, `loss(model, batch)` otherwise.
        validation: batches that rates are judged on; empty where the batches hold some back.
        start: what a leg starts from.
        accumulate: batches of one optimizer step.
        steps: optimizer steps made so far, in all legs together.
    """

    model: nn.Module
    loss: Callable[..., Any]
    optimizers: Sequence[Optimizer]
    rates: Rates
    batches: Batches
    validation: Sequence[Any]
    start: Snapshot
    scaler: Any = None
    accumulate: int = 1
    seed: int = 0
    steps: int = 0
    _repeat: int = 0

    @property
    def rows(self) -> int:
        """Samples that a leg is judged on."""
        return sum(size_of(batch) for batch in self.held())

    @property
    def folds(self) -> int:
        """Sets of batches that can be held back in turn; 1 where validation data are given."""
        return self.batches.folds

    def held(self, repeat: int = 0) -> Sequence[Any]:
        """The batches that rates are judged on, in one of the repeats of a leg."""
        return self.validation or self.batches.held(repeat)

    def run(self, count: int, multiplier_at: Callable[[int], float], repeat: int = 0) -> Iterator[float]:
        """Train from the start on.

        Args:
            count: optimizer steps.
            multiplier_at: of all rates, by the step.
            repeat: >= 0; each has its own batches and its own random numbers.

        Yields:
            The training loss of each step, before it; the first that is not finite is the last.
        """
        self._begin(repeat)
        norms = norms_of(self.model)
        batches = self.batches.through(count * self.accumulate, repeat)
        for step in range(count):
            self.rates.set(multiplier_at(step))
            for norm, momentum in norms:  # in a short leg the statistics' start values would weigh most
                setattr(norm, MOMENTUM, max(momentum, 1 / (step + 1)))
            value = self._step(list(islice(batches, self.accumulate)))
            yield value
            if not math.isfinite(value):
                return

    def judged(self) -> float:
        """The mean loss of the held batches in evaluation mode, as the model is now."""
        total, samples = 0.0, 0
        with evaluation_mode(self.model), torch.no_grad():
            for batch in self.held(self._repeat):
                size = size_of(batch)
                total += float(self._loss_of(batch)) * size
                samples += size
        return total / samples

    def first_loss(self) -> float:
        """What the held batches lose before any training."""
        self._begin()
        return self.judged()

    def _begin(self, repeat: int = 0) -> None:
        self._repeat = repeat
        self.start.restore()
        seed_all(self.seed + repeat)
        for optimizer in self.optimizers:
            getattr(optimizer, POST_HOOKS, {}).clear()
            optimizer.zero_grad()
        if not self.model.training:
            self.model.train()

    def _step(self, batches: list[Any]) -> float:
        self.steps += 1
        total = 0.0
        for batch in batches:
            value = self._loss_of(batch) / len(batches)
            if not value.requires_grad:
                raise ValueError("the loss does not depend on any parameter that takes gradients")
            total += float(value.detach())
            if not math.isfinite(total):
                return total
            (value if self.scaler is None else self.scaler.scale(value)).backward()
        for optimizer in self.optimizers:
            optimizer.step() if self.scaler is None else self.scaler.step(optimizer)
        if self.scaler is not None:
            self.scaler.update()
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        return total

    def _loss_of(self, batch: Any) -> Tensor:
        device = device_of(self.model)
        batch = moved(batch, device)
        scaled = self.scaler is not None and self.scaler.is_enabled()
        with torch.autocast(device.type) if scaled else contextlib.nullcontext():
            if isinstance(batch, (tuple, list)) and len(batch) == PAIR:
                value = self.loss(self.model(batch[0]), batch[1])
            else:
                value = self.loss(self.model, batch)
        if not isinstance(value, Tensor) or value.numel() != 1:
            raise TypeError(f"loss must give a tensor of one number, got {_shown(value)}")
        return value


def _shown(value: Any) -> str:
    shape = next((tuple(t.shape) for t in tensors_of(value)), None)
    return type(value).__name__ if shape is None else f"{type(value).__name__} of shape {shape}"


def device_of(model: nn.Module) -> torch.device:
    """Where the model's first parameter lies."""
    return next((p.device for p in model.parameters()), torch.device("cpu"))


def seed_all(seed: int) -> None:
    """Seed every global random generator."""
    torch.manual_seed(seed)
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None and "numpy.random" in sys.modules:
        numpy.random.seed(seed)  # the global one is what programs draw from


def norms_of(model: nn.Module) -> list[tuple[nn.Module, float]]:
    """Batch norms that keep running statistics, and the momentum of each."""
    norms = (m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm))  # noqa: SLF001
    return [(norm, norm.momentum) for norm in norms if norm.momentum is not None]
