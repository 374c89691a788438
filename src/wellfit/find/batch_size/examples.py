"""Batches of any size from a data set, the longest examples first."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset, default_collate

from wellfit.find.batches import tensors_of

MOST_LOOKED_AT = 20_000
"""Examples whose length is taken: a larger data set is looked at in equal steps."""

LONGEST_LOOK_S = 1.0
"""Seconds after which the rest of them is left unseen."""


class Examples:
    """The examples of a data set in the order in which memory should be tried.

    Args:
        dataset: has a length and gives an example by its number.
        collate: makes a batch of a list of examples.

    Attributes:
        count: examples in the data set.
        seen: examples whose length was taken.
        vary: whether their lengths differ.
    """

    def __init__(self, dataset: Any, collate: Callable[[list[Any]], Any]) -> None:
        self._dataset, self._collate = dataset, collate
        self.count = len(dataset)
        lengths = {} if isinstance(dataset, TensorDataset) else self._lengths()
        self.seen = len(lengths) or self.count
        self.vary = len(set(lengths.values())) > 1
        self._longest = sorted(lengths, key=lambda number: -lengths[number]) if self.vary else []

    def longest(self, size: int) -> Any:
        """A batch of the longest examples: what one of this size may come to.

        Args:
            size: 1 to `count`; where fewer lengths are known, the longest come again.
        """
        order = self._longest or range(self.count)
        return self._collate([self._dataset[order[i % len(order)]] for i in range(size)])

    def drawn(self, size: int, generator: torch.Generator) -> Any:
        """A batch of random examples, each at most once.

        Args:
            size: 1 to `count`.
            generator: decides which.
        """
        return self._batch(self._numbers(size, generator))

    def apart(self, size: int, batches: int, generator: torch.Generator) -> Iterator[Any]:
        """Batches of random examples, no example in two of them.

        Args:
            size: of each, >= 1; all together have `count` examples at the most.
            batches: how many.
            generator: decides which.
        """
        numbers = self._numbers(size * batches, generator)
        for first in range(0, len(numbers), size):
            yield self._batch(numbers[first : first + size])

    def _numbers(self, count: int, generator: torch.Generator) -> list[int]:
        if count > self.count // 8:
            return torch.randperm(self.count, generator=generator)[:count].tolist()
        chosen: dict[int, None] = {}  # of few among many: without all numbers in a row
        while len(chosen) < count:
            chosen[int(torch.randint(self.count, (), generator=generator))] = None
        return list(chosen)

    def _batch(self, numbers: list[int]) -> Any:
        return self._collate([self._dataset[number] for number in numbers])

    def _lengths(self) -> dict[int, int]:
        step = max(1, -(-self.count // MOST_LOOKED_AT))
        until = time.monotonic() + LONGEST_LOOK_S
        lengths: dict[int, int] = {}
        for number in range(0, self.count, step):
            if time.monotonic() > until:
                break
            lengths[number] = length_of(self._dataset[number])
        return lengths


def length_of(example: Any) -> int:
    """Values in an example: elements of its tensors and arrays, members of its lists, letters of its texts."""
    if isinstance(example, Tensor):
        return example.numel()
    if isinstance(example, dict):
        return sum(length_of(member) for member in example.values())
    if isinstance(example, (tuple, list)):
        numbers = isinstance(example, list) and bool(example) and isinstance(example[0], (int, float))
        return len(example) if numbers else sum(length_of(member) for member in example)
    if isinstance(example, str):
        return len(example)
    size = getattr(example, "size", 1)  # of an array a number; of an image (width, height)
    return int(size) if isinstance(size, int) else 1


def examples_of(data: Any, collate_fn: Callable[[list[Any]], Any] | None) -> Examples:
    """The examples of a loader or data set.

    Args:
        data: a DataLoader over a map-style data set, or such a data set.
        collate_fn: of the batches; by default the loader's, or torch's.
    """
    if isinstance(data, DataLoader):
        return Examples(data.dataset, collate_fn or data.collate_fn)
    return Examples(data, collate_fn or default_collate)


def mistakes_in(data: Any) -> Iterator[str]:
    """Why no batches of other sizes can be made of it, one sentence each."""
    if isinstance(data, DataLoader):
        if data.batch_size is None:
            kind = "a batch_sampler of its own" if data.batch_sampler is not None else "batch_size=None"
            yield f"loader has {kind}, so its batches cannot be made larger: give its data set and collate_fn"
        data = data.dataset
    if not hasattr(data, "__getitem__") or not hasattr(data, "__len__"):
        yield f"data must be a DataLoader or a data set with a length and numbered examples, got {type(data).__name__}"
    elif isinstance(data, (Tensor, dict, str, bytes)) or (isinstance(data, (list, tuple)) and _holds_batches(data)):
        yield f"data must be a data set of examples, got a {type(data).__name__} of tensors with a batch dimension each"
    elif len(data) < 2:  # noqa: PLR2004  # one example has no batch size
        yield f"data has {len(data)} example{'' if len(data) == 1 else 's'}, of which no batches can be made"


def _holds_batches(data: Any) -> bool:
    """Whether a list holds batches and not examples: their tensors share a first dimension above 1, several a batch."""
    tensors = list(tensors_of(data[0])) if data else []
    firsts = {t.shape[0] if t.dim() else 1 for t in tensors}
    return len(tensors) > 1 and len(firsts) == 1 and firsts != {1}
