"""Whether a search can be made of what it was given; all mistakes of one call at once."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import LBFGS, Optimizer


@dataclass(frozen=True)
class Asked:
    """What `find_lr` was called with."""

    model: nn.Module
    loader: Iterable[Any]
    loss: Any
    optimizers: Sequence[Optimizer]
    validation: Iterable[Any] | None
    steps: int
    budget: int
    scaler: Any
    accumulate: int
    seed: int
    repeats: int | None = None


def check(asked: Asked) -> None:
    """Raise one `ValueError` for all that no search can be made with.

    Raises:
        ValueError: something is wrong; one sentence each.
    """
    mistakes = list(mistakes_of(asked))
    if mistakes:
        raise ValueError("; ".join(mistakes))


def mistakes_of(asked: Asked) -> Iterator[str]:
    """One sentence each."""
    yield from _of_model(asked)
    yield from (sentence for optimizer in asked.optimizers for sentence in _of_optimizer(optimizer))
    if not asked.optimizers:
        yield "optimizer must be one or more optimizers, got none"
    yield from _of_data("loader", asked.loader)
    if asked.validation is not None:
        yield from _of_data("validation", asked.validation)
    elif _length(asked.loader) == 1:
        yield "loader has 1 batch, of which none can be held back to judge on: give validation"
    if not callable(asked.loss):
        yield f"loss must be callable, got {type(asked.loss).__name__}"
    for name, value, least in (
        ("steps", asked.steps, 1),
        ("accumulate", asked.accumulate, 1),
        ("budget", asked.budget, 1),
        ("repeats", 1 if asked.repeats is None else asked.repeats, 1),
    ):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            yield f"{name} must be a whole number >= {least}, got {value!r}"


def _of_model(asked: Asked) -> Iterator[str]:
    if not isinstance(asked.model, nn.Module):
        yield f"model must be a torch.nn.Module, got {type(asked.model).__name__}"
        return
    lazy = [name for name, p in asked.model.named_parameters() if is_lazy(p)]
    if lazy:
        yield f"model has parameters without a shape ({lazy[0]}): call it once before the search"
    trained = [p for o in asked.optimizers if isinstance(o, Optimizer) for g in o.param_groups for p in g["params"]]
    if asked.optimizers and not any(p.requires_grad for p in trained):
        yield f"optimizer has {len(trained)} parameters, and none of them takes gradients"


def _of_optimizer(optimizer: Any) -> Iterator[str]:
    if not isinstance(optimizer, Optimizer):
        yield f"optimizer must be a torch.optim.Optimizer, got {type(optimizer).__name__}"
        return
    name = type(optimizer).__name__
    if isinstance(optimizer, LBFGS):
        yield f"{name} asks for the loss several times a step, which a search of rates does not do"
    if not optimizer.param_groups:
        yield f"{name} has no parameter groups"
    for number, group in enumerate(optimizer.param_groups):
        if "lr" not in group:
            yield f"{name} has no lr in group {number}"
        elif not 0 <= float(group["lr"]) < math.inf:
            yield f"lr of group {number} must be finite and >= 0, got {float(group['lr'])}"
    if optimizer.param_groups and not any(float(group.get("lr", 1.0)) for group in optimizer.param_groups):
        yield f"lr is 0 in every group of {name}: the search multiplies it"


def _of_data(name: str, data: Any) -> Iterator[str]:
    if isinstance(data, (tuple, list)) and data and all(isinstance(part, Tensor) for part in data):
        return
    if not isinstance(data, Iterable):
        yield f"{name} must give batches, got {type(data).__name__}"
    elif isinstance(data, Iterator):  # iter(data) would draw from the generator
        yield f"{name} must be something that can be gone through again, got a {type(data).__name__}"
    elif _length(data) == 0:
        yield f"{name} has no batches"


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except TypeError:
        return None
