"""Squared gradient norms at two batch sizes, of the user's model after a short stretch of training."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.find.batch_size.examples import Examples
from wellfit.find.batch_size.noise_scale import GradientNorms
from wellfit.find.batch_size.training import Loop

PARTS = 8
"""Small batches in a large one."""

WARM = 50
"""Optimizer steps before the gradients are taken: at its first weights a network has almost no noise, for a moment."""

DRAWS = (6, 40)
"""Fewest and most large batches at the same weights."""


@dataclass(frozen=True)
class Measured:
    """Gradients that were taken.

    Args:
        norms: of each large batch.
        warm: optimizer steps before.
    """

    norms: list[GradientNorms]
    warm: int


def measure(loop: Loop, examples: Examples, *, size: int, budget_s: float) -> Measured:
    """Train a little, then take gradients at these weights; the caller puts everything back.

    Args:
        loop: the user's.
        examples: to draw from.
        size: of the small batches, and of those trained on; at least two of them must fit into the data.
        budget_s: seconds; half of them for training.
    """
    generator = torch.Generator().manual_seed(loop.seed)
    began = time.perf_counter()
    loop.begin()
    warm = 0
    while warm < WARM and time.perf_counter() - began < budget_s / 2:
        loop.run(1, lambda: examples.drawn(size, generator))
        warm += 1
    return Measured(list(norms_here(loop, examples, size, generator, until=began + budget_s)), warm)


def norms_here(
    loop: Loop, examples: Examples, size: int, generator: torch.Generator, *, until: float
) -> Iterator[GradientNorms]:
    """Norms of fresh large batches at the weights as they are.

    Args:
        loop: its weights stay.
        examples: to draw from.
        size: of the small batches.
        generator: decides which examples.
        until: when to stop, on the clock of `time.perf_counter`.
    """
    parts = min(PARTS, examples.count // size)
    parameters = [p for o in loop.optimizers for group in o.param_groups for p in group["params"] if p.requires_grad]
    for drawn in range(DRAWS[1]):
        if drawn >= DRAWS[0] and time.perf_counter() > until:
            return
        batches = [examples.drawn(size, generator) for _ in range(parts)]
        squares = []
        whole: list[Tensor] | None = None
        for batch in batches:
            gradients = _gradients(loop, batch, parameters)
            squares.append(_squared(gradients))
            whole = gradients if whole is None else [a.add_(b) for a, b in zip(whole, gradients, strict=True)]
        big_squared = _squared(whole or []) / parts**2
        yield GradientNorms(size, size * parts, sum(squares) / parts, big_squared)


def _gradients(loop: Loop, batch: object, parameters: list[Tensor]) -> list[Tensor]:
    _, value = loop.loss_of(batch)
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g.detach().to_dense() for p, g in zip(parameters, found, strict=True)]


def _squared(gradients: list[Tensor]) -> float:
    return float(sum(float(g.double().square().sum()) for g in gradients))
