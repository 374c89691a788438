"""The user's training as a search runs it: from the same start as often as needed, at rates that the search sets."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import nn

from wellfit.find.batches import Batches, size_of
from wellfit.find.loop import Loop
from wellfit.find.rates import Rates
from wellfit.observe.side_run import evaluation_mode

MOMENTUM = "momentum"
"""Of a batch norm; a float, which torch's types do not say."""


@dataclass
class Training:
    """One training, to be started again and again.

    Args:
        loop: what a leg runs.
        validation: batches that rates are judged on; empty where the batches hold some back.
        steps: optimizer steps made so far, in all legs together.
    """

    loop: Loop
    rates: Rates
    batches: Batches
    validation: Sequence[Any]
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
        norms = norms_of(self.loop.model)
        batches = self.batches.through(count * self.loop.accumulate, repeat)
        for step in range(count):
            self.rates.set(multiplier_at(step))
            for norm, momentum in norms:  # in a short leg the statistics' start values would weigh most
                setattr(norm, MOMENTUM, max(momentum, 1 / (step + 1)))
            value = self._step(list(islice(batches, self.loop.accumulate)))
            yield value
            if not math.isfinite(value):
                return

    def judged(self) -> float:
        """The mean loss of the held batches in evaluation mode, as the model is now."""
        total, samples = 0.0, 0
        with evaluation_mode(self.loop.model), torch.no_grad():
            for batch in self.held(self._repeat):
                size = size_of(batch)
                total += float(self.loop.loss_of(batch)[1]) * size
                samples += size
        return total / samples

    def first_loss(self) -> float:
        """What the held batches lose before any training."""
        self._begin()
        return self.judged()

    def _begin(self, repeat: int = 0) -> None:
        self._repeat = repeat
        self.loop.begin(repeat)

    def _step(self, batches: list[Any]) -> float:
        self.steps += 1
        total = 0.0
        for batch in batches:
            value = self.loop.loss_of(batch)[1] / len(batches)
            if not value.requires_grad:
                raise ValueError("the loss does not depend on any parameter that takes gradients")
            total += float(value.detach())
            if not math.isfinite(total):
                return total
            self.loop.backward(value)
        self.loop.step()
        return total


def norms_of(model: nn.Module) -> list[tuple[nn.Module, float]]:
    """Batch norms that keep running statistics, and the momentum of each."""
    norms = (m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm))  # noqa: SLF001
    return [(norm, norm.momentum) for norm in norms if norm.momentum is not None]
