"""Trials one after another, by torch's own modules and optimizers: what fused trials are measured against."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from wellfit.fuse.built import Trial, seeded
from wellfit.fuse.draws import Draws
from wellfit.fuse.intercept import Intercepted
from wellfit.fuse.keyed import key
from wellfit.fuse.nested import called, mapped, modes, rows
from wellfit.fuse.task import Batch, FusedTask

OTHER_DRAWS = -2
"""Place of what a forward draws by torch's own generator, beside dropouts."""


class Seen(Protocol):
    """What is known of a model's random parts."""

    dropped: bool
    smoothed: bool


@dataclass
class Unknown:
    """Before the first step: all may be there."""

    dropped: bool = True
    smoothed: bool = True


class Training:
    """One trial's model and optimizer.

    Args:
        task: the training.
        trial: its model is trained in place.
    """

    def __init__(self, task: FusedTask, trial: Trial) -> None:
        self._task, self._trial, self._count = task, trial, 0
        self.model = trial.model
        self._optimizer = optimizer(task.optimizer, trial)
        self.seen: Seen = Unknown()
        self._modes = modes(self.model)

    def step(self, batch: Batch) -> Tensor:
        """One optimizer step.

        Returns:
            The loss before it, shape ().
        """
        numbers = self._trial.step.numbers
        self._optimizer.param_groups[0]["lr"] = numbers["lr"] * self._trial.step.factors[self._count]
        self._optimizer.zero_grad()
        loss = self._loss(batch)
        loss.backward()
        if math.isfinite(numbers["clip_norm"]):
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), numbers["clip_norm"])
        self._optimizer.step()
        self._count += 1
        return loss.detach()

    @torch.no_grad()
    def loss(self, batch: Batch) -> float:
        """The loss that the next step would begin with; running statistics move."""
        return self._loss(batch).item()

    def _loss(self, batch: Batch) -> Tensor:
        numbers, (inputs, targets) = self._trial.step.numbers, batch
        draws = Draws([self._trial.seed], self._count, None)
        if numbers["input_noise"]:
            inputs = noised(inputs, draws, numbers["input_noise"])
        smoothing = numbers["label_smoothing"] or None
        mode = Intercepted(draws, smoothing, stacked=False)
        needed = self.seen.dropped or (smoothing is not None and self.seen.smoothed)
        with _drawing(key(self._trial.seed, self._count, OTHER_DRAWS)), mode if needed else nullcontext():
            loss = self._task.loss(called(self.model, inputs), targets).mean()
        if self._count == 0:
            self.seen = mode
        return loss

    @torch.no_grad()
    def evaluate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Loss, under "", and metrics by name over the batches, each sample counting the same."""
        self.model.eval()
        sums: dict[str, Tensor] = {}
        count = 0
        with _drawing(key(self._trial.seed, self._count, OTHER_DRAWS)):
            for inputs, targets in on_device(batches, self._task.device):
                for name, value in measured(self._task, called(self.model, inputs), targets):
                    sums[name] = sums.get(name, 0.0) + value.double() * rows(targets)
                count += rows(targets)
        for module, training in self._modes.items():
            module.training = training
        return {name: (total / count).item() for name, total in sums.items()}


@contextmanager
def _drawing(seed: int) -> Iterator[None]:
    """What a forward draws by torch's generators is the same for a seed and a step; cheap on the CPU."""
    if torch.cuda.is_initialized():
        with seeded(seed % 2**63):
            yield
        return
    state = torch.get_rng_state()
    torch.default_generator.manual_seed(seed % 2**63)
    try:
        yield
    finally:
        torch.set_rng_state(state)


def on_device(batches: Sequence[Batch], device: torch.device | str) -> Iterator[Batch]:
    """Batches, where trials are trained."""
    for batch in batches:
        inputs, targets = mapped(lambda t: t.to(device), batch)
        yield inputs, targets


def measured(task: FusedTask, outputs: Any, targets: Any) -> Iterator[tuple[str, Tensor]]:
    """Means over one batch: of the loss under "", and of the task's metrics."""
    yield "", task.loss(outputs, targets).mean()
    yield from ((name, metric(outputs, targets)) for name, metric in task.metrics.items())


def noised(inputs: Any, draws: Draws, spread: float | Tensor) -> Any:
    """Inputs with noise of a standard deviation on all that is a fraction."""
    places = iter(range(1 << 20))

    def one(x: Tensor) -> Tensor:
        place = next(places)
        return x + (draws.noise(place, x.shape, x.device) * spread).to(x.dtype) if x.is_floating_point() else x

    return mapped(one, inputs)


def optimizer(kind: str, trial: Trial) -> torch.optim.Optimizer:
    """Torch's own, for one trial."""
    n, weights = trial.step.numbers, list(trial.model.parameters())
    if kind == "sgd":
        momentum, nesterov = n["momentum"], bool(n["nesterov"])
        return torch.optim.SGD(weights, n["lr"], momentum, weight_decay=n["weight_decay"], nesterov=nesterov)
    known = torch.optim.AdamW if kind == "adamw" else torch.optim.Adam
    return known(weights, n["lr"], trial.step.betas, n["eps"], n["weight_decay"])
