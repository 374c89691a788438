"""The user's training as a loop would run it: one batch, one step, from the same start as often as needed."""

import contextlib
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from wellfit.find.batches import moved, tensors_of
from wellfit.find.snapshot import Snapshot
from wellfit.observe.side_run import evaluation_mode

POST_HOOKS = "_optimizer_step_post_hooks"
"""What others do after a step (averaged copies of the weights, logs, schedules) does not belong to a search."""

PAIR = 2


@dataclass
class Loop:
    """A training loop.

    Args:
        loss: `loss(model(inputs), targets)` where a batch is a pair, `loss(model, batch)` otherwise.
        start: what each run starts from.
        accumulate: batches of one optimizer step.
    """

    model: nn.Module
    loss: Callable[..., Any]
    optimizers: Sequence[Optimizer]
    start: Snapshot
    scaler: Any = None
    accumulate: int = 1
    seed: int = 0

    def begin(self, repeat: int = 0) -> None:
        """Go back to the start, in training mode and without gradients.

        Args:
            repeat: >= 0; each has its own random numbers.
        """
        self.start.restore()
        seed_all(self.seed + repeat)
        for optimizer in self.optimizers:
            getattr(optimizer, POST_HOOKS, {}).clear()
            optimizer.zero_grad()
        if not self.model.training:
            self.model.train()

    def run(self, steps: int, next_batch: Callable[[], Any]) -> float:
        """Train; as in most programs the last batch, output and loss stay alive until the next take their names.

        Args:
            steps: optimizer steps, >= 1.
            next_batch: gives the next.

        Returns:
            Seconds of the last step, without those of its batches.
        """
        device = device_of(self.model)
        for _ in range(steps):
            seconds = 0.0
            for _ in range(min(self.accumulate, 2)):
                batch = next_batch()
                began = now(device)
                kept = self.loss_of(batch)
                self.backward(kept[1])
                seconds += now(device) - began
            began = now(device)
            self.step()
            seconds += now(device) - began
        del batch, kept
        return seconds

    def evaluate(self, batch: Any) -> None:
        """One batch in evaluation mode, without gradients."""
        with evaluation_mode(self.model), torch.no_grad():
            self.loss_of(batch)

    def loss_of(self, batch: Any) -> tuple[Any, Tensor]:
        """The output and the loss of a batch; where the loss calls the model, the batch in place of the output."""
        device = device_of(self.model)
        batch = moved(batch, device)
        scaled = self.scaler is not None and self.scaler.is_enabled()
        with torch.autocast(device.type) if scaled else contextlib.nullcontext():
            if isinstance(batch, (tuple, list)) and len(batch) == PAIR:
                output = self.model(batch[0])
                return output, one_number(self.loss(output, batch[1]))
            return batch, one_number(self.loss(self.model, batch))

    def backward(self, value: Tensor) -> None:
        """The gradients of a loss, added to those that are there."""
        (value if self.scaler is None else self.scaler.scale(value)).backward()

    def step(self) -> None:
        """One step of all optimizers; then no gradients."""
        for optimizer in self.optimizers:
            optimizer.step() if self.scaler is None else self.scaler.step(optimizer)
        if self.scaler is not None:
            self.scaler.update()
        for optimizer in self.optimizers:
            optimizer.zero_grad()


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


def one_number(value: Any) -> Tensor:
    """A loss as it is.

    Raises:
        TypeError: it is not a tensor of one number.
    """
    if isinstance(value, Tensor) and value.numel() == 1:
        return value
    shape = next((f" of shape {tuple(t.shape)}" for t in tensors_of(value)), "")
    raise TypeError(f"loss must give a tensor of one number, got {type(value).__name__}{shape}")


def copied(batch: Any) -> Any:
    """Another batch of the same tensors: where a loader makes the next one, the last is still alive."""
    if isinstance(batch, Tensor):
        return batch.clone()
    if isinstance(batch, dict):
        return type(batch)((key, copied(value)) for key, value in batch.items())
    if isinstance(batch, (tuple, list)):
        members = [copied(value) for value in batch]
        return type(batch)(*members) if hasattr(batch, "_fields") else type(batch)(members)
    return batch


def now(device: torch.device) -> float:
    """Seconds of a clock, once an accelerator has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
