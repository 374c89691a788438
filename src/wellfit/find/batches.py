"""The batches that a search trains on, the same for every leg of it, and those that it judges on."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import torch
from torch import Tensor

MOST_BYTES = 256 << 20
"""Bytes of batches that are kept to be gone through again; beyond that each leg draws its own."""

MOST_HELD = 4096
"""Samples that a rate is judged on: they tell losses apart by some 2 %."""

SHARE_HELD = 5
"""One batch in so many is held back where there is no validation data."""

FEWEST = 2
"""Batches without which nothing can be held back."""


class Batches:
    """Batches of a loader, in the order in which it gives them, epoch after epoch.

    Args:
        loader: can be gone through more than once.
        hold_back: whether the first fifth of the batches is kept away from training, to judge on.

    Attributes:
        held: batches to judge on; empty unless some are held back.
    """

    def __init__(self, loader: Iterable[Any], *, hold_back: bool) -> None:
        self._loader = loader
        self._iterator = iter(loader)
        self._once = hold_back
        self._kept: list[Any] = []
        self._room = MOST_BYTES
        self.held = self._hold_back(loader) if hold_back else []

    def first(self) -> Any:
        """The first batch to train on; None where there is none."""
        return next(self.through(1), None)

    def through(self, count: int) -> Iterator[Any]:
        """The first `count` batches to train on: the same each time, as far as they can be kept."""
        for number in range(count):
            if number < len(self._kept):
                yield self._kept[number]
                continue
            batch = self._draw()
            if batch is None:  # those held back must not come again in a second pass
                yield from islice(self._round(), count - number)
                return
            if self._room > 0:
                self._kept.append(batch)
                self._room -= sum(t.numel() * t.element_size() for t in tensors_of(batch))
            yield batch

    def _draw(self) -> Any:
        batch = next(self._iterator, None)
        if batch is None and not self._once:
            self._iterator = iter(self._loader)
            batch = next(self._iterator, None)
        return batch

    def _round(self) -> Iterator[Any]:
        while self._kept:
            yield from self._kept

    def _hold_back(self, loader: Any) -> list[Any]:
        try:
            count = len(loader)
        except TypeError:  # an iterable data set has no length
            count = SHARE_HELD * FEWEST
        return list(islice(self._iterator, max(1, count // SHARE_HELD) if count >= FEWEST else 0))


def held_batches(validation: Iterable[Any]) -> list[Any]:
    """The batches of validation data, as far as they are needed; a pair of tensors is one batch."""
    if isinstance(validation, (tuple, list)) and all(isinstance(part, Tensor) for part in validation):
        return [tuple(validation)]
    held, samples = [], 0
    for batch in validation:
        held.append(batch)
        samples += size_of(batch)
        if samples >= MOST_HELD:
            break
    return held


def size_of(batch: Any) -> int:
    """Samples in a batch: the length of its first tensor."""
    first = next(tensors_of(batch), None)
    return len(first) if first is not None and first.dim() else 1


def tensors_of(batch: Any) -> Iterator[Tensor]:
    """All tensors of a batch."""
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, (tuple, list, dict)):
        for member in batch.values() if isinstance(batch, dict) else batch:
            yield from tensors_of(member)


def moved(batch: Any, device: torch.device) -> Any:
    """The same batch on a device."""
    if isinstance(batch, dict):
        return type(batch)((key, moved(value, device)) for key, value in batch.items())
    if isinstance(batch, (tuple, list)):
        members = [moved(value, device) for value in batch]
        return type(batch)(*members) if hasattr(batch, "_fields") else type(batch)(members)
    return batch.to(device, non_blocking=True) if hasattr(batch, "to") else batch
