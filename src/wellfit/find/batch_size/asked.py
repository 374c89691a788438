"""Whether a batch size can be searched for with what was given; all mistakes of one call at once."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy
from torch.optim import LBFGS, Optimizer

from wellfit.find.batch_size.examples import Examples, mistakes_in
from wellfit.find.loop import Loop
from wellfit.script.memory import parse_bytes

FEWEST = 2
"""Examples of the batch that the training is tried with."""


@dataclass(frozen=True)
class Asked:
    """What `find_batch_size` was called with."""

    model: Any
    data: Any
    loss: Any
    optimizers: Sequence[Any]
    most: int | None
    memory: str | int | None
    margin: float
    validation: Any
    collate_fn: Callable[[list[Any]], Any] | None
    scaler: Any
    accumulate: int
    slowest_s: float
    budget_s: float
    seed: int


def mistakes_of(asked: Asked) -> Iterator[str]:
    """One sentence each."""
    yield from _of_model(asked)
    yield from _of_optimizers(asked)
    yield from mistakes_in(asked.data)
    if asked.validation is not None:
        yield from (f"validation: {mistake}" for mistake in mistakes_in(asked.validation))
    if not callable(asked.loss):
        yield f"loss must be callable, got {type(asked.loss).__name__}"
    for name, value in (("most", asked.most), ("accumulate", asked.accumulate)):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            yield f"{name} must be a whole number >= 1, got {value!r}"
    if not 0 <= asked.margin < 1:
        yield f"margin must lie in [0, 1), got {asked.margin}"
    for name, seconds in (("slowest_s", asked.slowest_s), ("budget_s", asked.budget_s)):
        if not 0 < seconds < math.inf:
            yield f"{name} must be seconds > 0, got {seconds}"
    if asked.memory is not None:
        try:
            parse_bytes(asked.memory)
        except ValueError as error:
            yield str(error)


def _of_model(asked: Asked) -> Iterator[str]:
    if not isinstance(asked.model, nn.Module):
        yield f"model must be a torch.nn.Module, got {type(asked.model).__name__}"
        return
    named = list(asked.model.named_parameters())
    lazy = [name for name, p in named if is_lazy(p)]
    if lazy:
        yield f"model has parameters without a shape ({lazy[0]}): call it once before the search"
    meta = [name for name, p in named if p.is_meta]
    if meta:
        yield f"model has parameters without memory, on the device meta ({meta[0]}): move it with to_empty and load it"


def _of_optimizers(asked: Asked) -> Iterator[str]:
    if not asked.optimizers:
        yield "optimizer must be one or more optimizers, got none"
    for optimizer in asked.optimizers:
        if not isinstance(optimizer, Optimizer):
            yield f"optimizer must be a torch.optim.Optimizer, got {type(optimizer).__name__}"
        elif isinstance(optimizer, LBFGS):
            yield "LBFGS asks for the loss several times a step, which this search does not do"
    known = [o for o in asked.optimizers if isinstance(o, Optimizer)]
    trained = [p for o in known for group in o.param_groups for p in group["params"]]
    if known and not any(p.requires_grad for p in trained):
        yield f"optimizer has {len(trained)} parameters, and none of them takes gradients"


def try_out(loop: Loop, examples: Examples) -> None:
    """Run one small batch forward and backward here, where a mistake can be told by its own name.

    Raises:
        ValueError: the batch cannot be made, the model or the loss cannot be run on it, or the loss has no gradients.
    """
    loop.begin()
    try:
        batch = examples.longest(FEWEST)
    except Exception as error:
        raise ValueError(f"collate_fn fails on a batch of {FEWEST} examples: {error!r}") from error
    try:
        _, value = loop.loss_of(batch)
    except Exception as error:
        raise ValueError(f"the training fails on a batch of {FEWEST} examples: {error!r}") from error
    if not value.requires_grad:
        raise ValueError("the loss does not depend on any parameter that takes gradients")
    if not math.isfinite(float(value.detach())):
        raise ValueError(f"the loss is {float(value.detach())} on a batch of {FEWEST} examples, before any step")
    loop.backward(value)
    gradients = [p.grad for o in loop.optimizers for g in o.param_groups for p in g["params"] if p.grad is not None]
    if not any(bool(gradient.any()) for gradient in gradients):
        raise ValueError("the loss is constant: no parameter has a gradient other than 0")
