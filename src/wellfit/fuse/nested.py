"""Batches that are one tensor, or tuples, lists and dicts of tensors."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


def mapped(function: Callable[..., Any], first: Any, *others: Any) -> Any:
    """The same nesting with each tensor replaced; what is no tensor stays as it is in the first.

    Args:
        function: of the tensors at one place.
        first: a nesting.
        others: nestings like it.
    """
    if isinstance(first, Tensor):
        return function(first, *others)
    if isinstance(first, dict):
        return {k: mapped(function, v, *(o[k] for o in others)) for k, v in first.items()}
    if isinstance(first, (list, tuple)):
        made = [mapped(function, v, *(o[i] for o in others)) for i, v in enumerate(first)]
        return type(first)(made) if type(first) in {list, tuple} else type(first)(*made)
    return first


def tensors(nested: Any) -> list[Tensor]:
    """All tensors in a nesting, in order."""
    found: list[Tensor] = []
    mapped(found.append, nested)
    return found


def rows(nested: Any) -> int:
    """Samples of a batch."""
    return len(tensors(nested)[0])


def called(model: Callable[..., Any], inputs: Any) -> Any:
    """The outputs for inputs: tuples and lists are arguments, dicts arguments by name."""
    if isinstance(inputs, dict):
        return model(**inputs)
    return model(*inputs) if isinstance(inputs, (list, tuple)) else model(inputs)


def as_arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same, for `torch.func.functional_call`."""
    if isinstance(inputs, dict):
        return (), inputs
    return (tuple(inputs), {}) if isinstance(inputs, (list, tuple)) else ((inputs,), {})


def modes(model: nn.Module) -> dict[nn.Module, bool]:
    """Which modules are in training mode."""
    return {module: module.training for module in model.modules()}
