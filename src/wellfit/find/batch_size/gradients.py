"""Squared gradient norms at two batch sizes, of the user's model along a stretch of training."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.find.batch_size.examples import Examples
from wellfit.find.batch_size.noise_scale import GradientNorms
from wellfit.find.loop import Loop

PARTS = 8
"""Small batches in a large one."""

STEPS = 32
"""Optimizer steps at the most, with a place before each and one after the last: decided in docs/benchmarks-batch.md."""

FEWEST = 6
"""Places at the least, however long they take."""


@dataclass(frozen=True)
class Measured:
    """Gradients that were taken along a training.

    Args:
        norms: of each place.
        steps: optimizer steps from the first place to the last.
    """

    norms: list[GradientNorms]
    steps: int


def measure(loop: Loop, examples: Examples, *, size: int, budget_s: float, steps: int = STEPS) -> Measured:
    """Train, and take gradients before each step.

    The caller puts everything back.

    Args:
        loop: the user's.
        examples: to draw from.
        size: of the small batches, and of those trained on; at least two of them must fit into the data.
        budget_s: seconds.
        steps: optimizer steps at the most, >= 0.
    """
    generator = torch.Generator().manual_seed(loop.seed)
    until = time.perf_counter() + budget_s
    loop.begin()
    norms = [norms_here(loop, examples, size, generator)]
    while len(norms) <= steps and (len(norms) < FEWEST or time.perf_counter() < until):
        loop.run(1, lambda: examples.drawn(size, generator))
        norms.append(norms_here(loop, examples, size, generator))
    return Measured(norms, len(norms) - 1)


def norms_here(loop: Loop, examples: Examples, size: int, generator: torch.Generator) -> GradientNorms:
    """Norms of fresh batches, no row in two of them, at the weights as they are.

    Args:
        loop: its weights stay.
        examples: to draw from.
        size: of the small batches; at least two of them must fit into the data.
        generator: decides which examples.
    """
    parts = min(PARTS, examples.count // size)
    parameters = [p for o in loop.optimizers for group in o.param_groups for p in group["params"] if p.requires_grad]
    squares = []
    whole: list[Tensor] | None = None
    for batch in examples.apart(size, parts, generator):
        gradients = _gradients(loop, batch, parameters)
        squares.append(_squared(gradients))
        whole = gradients if whole is None else [a.add_(b) for a, b in zip(whole, gradients, strict=True)]
    return GradientNorms(size, size * parts, sum(squares) / parts, _squared(whole or []) / parts**2)


def _gradients(loop: Loop, batch: object, parameters: list[Tensor]) -> list[Tensor]:
    _, value = loop.loss_of(batch)
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g.detach().to_dense() for p, g in zip(parameters, found, strict=True)]


def _squared(gradients: list[Tensor]) -> float:
    return float(sum(float(g.double().square().sum()) for g in gradients))
