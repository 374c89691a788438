"""Copies of training batches with their targets, few and spread over the training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from wellfit.observe.calls import first_tensor
from wellfit.observe.moments import LossCall

T = TypeVar("T")

MOST_SAMPLES = 512
"""Training samples that are kept: an accuracy of 0.95 is known to 0.02 by as many."""

MOST_ANSWERS = 1 << 13
"""Answers to them, where a sample has many."""

MOST_BATCHES = 32
"""Training batches that are kept; each is a forward of its own when they are scored."""

FEWEST_BATCHES = 2

MOST_BYTES = 32 << 20
"""Bytes of all copies together."""

DEEPEST = 2
"""Containers within containers that are copied."""

_PLAIN = (type(None), bool, int, float, str, torch.dtype, torch.device)


class Spread(Generic[T]):
    """Items spread evenly over a sequence of unknown length: every second one goes when there is no room.

    Args:
        room: items at the most.
        stride: take one in so many from the start on, where the length is known.
    """

    def __init__(self, room: int, stride: int = 1) -> None:
        self.items: list[T] = []
        self.latest = -1
        self._room = room
        self._stride = stride

    def wants(self, index: int) -> bool:
        """Whether the item at this place of the sequence is one to take."""
        return index % self._stride == 0

    def add(self, index: int, item: T) -> None:
        """Take an item that is wanted."""
        self.items.append(item)
        self.latest = index
        if len(self.items) > self._room:
            self.items = self.items[::2]
            self._stride *= 2


@dataclass
class Batch:
    """One training call of a model, and the call of the loss that it led to.

    Args:
        samples: along dimension 0 of the first tensor.
        given_shape: of what reached the loss.
        target: as it reached the loss.
        epoch: in which it was trained on.
        keys: hashes of its samples, once they were made.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    samples: int
    function: str
    given_shape: tuple[int, ...]
    target: Tensor
    options: dict[str, Any]
    epoch: int
    keys: list[int] | None = None

    @property
    def first(self) -> Tensor | None:
        """The first tensor that the model was given."""
        return first_tensor(self.args, self.kwargs)


def keep(args: tuple[Any, ...], kwargs: dict[str, Any], call: LossCall, epoch: int) -> Batch | str:
    """A copy of a batch, of its first samples where it is large; or why there can be none, in words."""
    first = first_tensor(args, kwargs)
    if first is None:
        return "it is not called with a tensor"
    samples = len(first)
    batch = Batch(
        args, kwargs, samples, call.function, tuple(call.input.shape), call.target, _plain(call.options), epoch
    )
    strange = next((k for v in (*args, *kwargs.values()) for k in _strangers(v, DEEPEST)), None)
    if strange is not None:
        return f"it is called with a {strange}"
    if _made_by_others(args, kwargs):
        return "it is given what another model computes"
    if samples > MOST_SAMPLES or _bytes(batch) > MOST_BYTES // FEWEST_BATCHES:
        batch = _cut(batch, _affordable(batch))
    return _copy(batch) if _bytes(batch) <= MOST_BYTES // FEWEST_BATCHES else "its batches are too large to keep some"


def room_for(batch: Batch) -> int:
    """How many such batches are kept."""
    by_bytes = MOST_BYTES // max(1, _bytes(batch))
    by_answers = MOST_ANSWERS // max(1, batch.target.numel())
    return max(FEWEST_BATCHES, min(MOST_BATCHES, MOST_SAMPLES // max(1, batch.samples), by_bytes, by_answers))


def join(batches: Sequence[Batch]) -> Batch | None:
    """All of them as one, where each has its samples along dimension 0 of everything; else None."""
    first = batches[0]
    whole = all(
        len(b.args) == 1
        and not b.kwargs
        and isinstance(b.args[0], Tensor)
        and b.args[0].shape[1:] == first.args[0].shape[1:]
        and b.given_shape[1:] == first.given_shape[1:]
        and b.target.shape[1:] == first.target.shape[1:]
        and b.samples == b.given_shape[0] == len(b.target)
        for b in batches
    )
    if not whole:
        return None
    samples = sum(b.samples for b in batches)
    return replace(
        first,
        args=(torch.cat([b.args[0] for b in batches]),),
        target=torch.cat([b.target for b in batches]),
        samples=samples,
        given_shape=(samples, *first.given_shape[1:]),
    )


def _affordable(batch: Batch) -> int:
    by_bytes = batch.samples * (MOST_BYTES // MOST_BATCHES) // max(1, _bytes(batch))
    return max(1, min(MOST_SAMPLES, by_bytes))


def _cut(batch: Batch, most: int) -> Batch:
    """The first samples, where everything has them along dimension 0."""
    tensors = [*_tensors(batch.args), *_tensors(tuple(batch.kwargs.values()))]
    rows = batch.samples
    if batch.given_shape[:1] != (rows,) or batch.target.shape[:1] != (rows,) or any(len(t) != rows for t in tensors):
        return batch
    return replace(
        batch,
        args=_mapped(batch.args, lambda t: t[:most]),
        kwargs=_mapped(batch.kwargs, lambda t: t[:most]),
        target=batch.target[:most],
        samples=most,
        given_shape=(most, *batch.given_shape[1:]),
    )


def _copy(batch: Batch) -> Batch:
    def copied(tensor: Tensor) -> Tensor:
        return tensor.detach().clone()

    args, kwargs = _mapped(batch.args, copied), _mapped(batch.kwargs, copied)
    return replace(batch, args=args, kwargs=kwargs, target=copied(batch.target))


def _mapped(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """The same containers with other tensors in them."""
    if isinstance(value, Tensor):
        return function(value) if value.dim() else value
    if type(value) in (tuple, list):
        return type(value)(_mapped(v, function) for v in value)
    return {k: _mapped(v, function) for k, v in value.items()} if type(value) is dict else value


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value] if value.dim() else []
    members = value.values() if type(value) is dict else value if type(value) in (tuple, list) else ()
    return [t for v in members for t in _tensors(v)]


def _strangers(value: Any, depth: int) -> list[str]:
    """Kinds of values that cannot be copied without knowing them."""
    if type(value) in _PLAIN or (type(value) in (Tensor, torch.nn.Parameter) and value.layout is torch.strided):
        return []
    if type(value) in (tuple, list, dict) and depth:
        members = value.values() if type(value) is dict else value
        return [k for v in members for k in _strangers(v, depth - 1)]
    return [type(value).__name__]


def _made_by_others(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return any(t.grad_fn is not None for t in _tensors((*args, *kwargs.values())))


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if type(value) in _PLAIN}


def _bytes(batch: Batch) -> int:
    tensors = [*_tensors(batch.args), *_tensors(tuple(batch.kwargs.values())), batch.target]
    return sum(t.numel() * t.element_size() for t in tensors)
