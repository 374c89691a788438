"""What modules are called with, and the latest training calls of one, kept weakly."""

import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

RECENT = 8
"""Training calls of one module that are kept."""

Given = list[tuple[str, Tensor]]
"""What was handed in and still exists, by name."""


@dataclass
class Call:
    """One call in training.

    Args:
        order: how many training calls of any module came before it.
        backwards: how many backward passes did.
        given: the tensors that were handed in and still exist, without results of other layers.
    """

    order: int
    backwards: int
    given: Given


class Calls:
    """The latest training calls of one module. Each step adds one, so that microseconds count."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, int, Any, Any]] = deque(maxlen=RECENT)

    def note(self, order: int, backwards: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """One more call."""
        first: Tensor | None
        given: Any
        if len(args) == 1 and not kwargs and type(args[0]) is Tensor:  # the usual call
            first, given = args[0], weakref.ref(args[0])
        else:
            first = next((a for a in (*args, *kwargs.values()) if type(a) is Tensor), None)
            given = [(name, weakref.ref(t)) for name, t in tensors(args, kwargs)]
        base = None if first is None else first._base
        view = None if base is None else (weakref.ref(base), address_of(first))
        self._recent.append((order, backwards, given, view))

    def was_given(self, batch: Tensor) -> bool:
        """Whether one of these calls was handed the very values that lie in a batch.

        Once a tensor is gone, others may lie where it lay; but for a view of a tensor that still exists.
        """
        own = address_of(batch)
        for _, _, given, view in self._recent:
            if view is not None and view[1] == own and view[0]() is not None:
                return own is not None
            if any(address_of(tensor) == own for _, tensor in _living(given)):
                return own is not None
        return False

    def since(self, backwards: int) -> Iterator[Call]:
        """The calls after so many backward passes."""
        for order, before, given, _ in self._recent:
            if before >= backwards:
                yield Call(order, before, [(name, t) for name, t in _living(given) if t.grad_fn is None])


def _living(given: Any) -> Given:
    named = given if isinstance(given, list) else [("input 0", given)]
    return [(name, tensor) for name, reference in named if (tensor := reference()) is not None]


def address_of(batch: Tensor | None) -> tuple[int, int] | None:
    """Where a batch's values lie, and how many rows it has."""
    if batch is None or batch.layout is not torch.strided or not batch.dim():
        return None
    try:
        return batch.data_ptr(), batch.shape[0]
    except RuntimeError:  # wrapped by a transform of torch.func, or of no real device
        return None


def tensors(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """Tensors among arguments, and one level down in lists, tuples and dicts."""
    for name, value in (*((f"input {i}", v) for i, v in enumerate(args)), *(kwargs or {}).items()):
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, (list, tuple)):
            yield from ((f"{name}[{i}]", v) for i, v in enumerate(value[:16]) if isinstance(v, Tensor))
        elif isinstance(value, dict):
            yield from ((f"{name}[{k!r}]", v) for k, v in list(value.items())[:16] if isinstance(v, Tensor))


def first_tensor(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """The first tensor with rows that a module is called with, looking one level into what holds tensors."""
    for _, value in tensors(args, kwargs):
        if value.dim() and value.numel() and value.layout == torch.strided and not value.is_complex():
            return value
    return None
