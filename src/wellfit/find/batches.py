"""The batches that a search trains on, the same for every leg of it, and those that it judges on."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
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
        hold_back: whether a fifth of the batches is kept away from training, to judge on.

    Attributes:
        folds: sets of batches that can be held back in turn; 1 where none is.
    """

    def __init__(self, loader: Iterable[Any], *, hold_back: bool) -> None:
        self._loader = loader
        self._iterator = iter(loader)
        self._once = hold_back
        self._kept: list[Any] = []
        self._room = MOST_BYTES
        self._pass = _length(loader)
        count = SHARE_HELD * FEWEST if self._pass is None else self._pass  # an iterable data set has no length
        wanted = max(1, count // SHARE_HELD) if hold_back and count >= FEWEST else 0
        self._keep(wanted)
        self._held = min(wanted, len(self._kept))
        self.folds = max(1, count // wanted) if wanted else 1

    def first(self) -> Any:
        """The first batch to train on; None where there is none."""
        return next(self.through(1), None)

    def held(self, repeat: int = 0) -> list[Any]:
        """Batches to judge on; empty unless some are held back.

        Args:
            repeat: >= 0; each has other ones, as long as there are some and they can be kept.
        """
        return [self._kept[number] for number in self._fold(repeat)]

    def through(self, count: int, repeat: int = 0) -> Iterator[Any]:
        """So many batches to train on: the same each time, as far as they can be kept.

        Args:
            count: >= 0.
            repeat: >= 0; each has its own, or those of another in another order where there are no more.
        """
        endless = self._around(self._fold(repeat)) if self._once else self._from(self._start(count, repeat))
        return islice(endless, count)

    def _from(self, number: int) -> Iterator[Any]:
        while (batch := self._at(number)) is not None:
            yield batch
            number += 1

    def _around(self, fold: range) -> Iterator[Any]:
        """What follows the held ones to the end of the pass, then what comes before them, again and again."""
        while True:
            batch = None
            for batch in chain(self._from(fold.stop), self._kept[: fold.start]):
                yield batch
            if batch is None:
                return

    def _fold(self, repeat: int) -> range:
        start = repeat % self.folds * self._held
        start = start if self._keep(start + self._held) else 0
        return range(start, start + self._held)

    def _start(self, count: int, repeat: int) -> int:
        """Behind what others train on, and elsewhere in the pass: some loaders give the same batches in each."""
        if self._pass is None:
            return repeat * (count + 1)
        return repeat * (-(-count // self._pass) * self._pass + max(1, self._pass // SHARE_HELD))

    def _at(self, number: int) -> Any:
        """The batch of this number where it can be kept, elsewhere the next; None where there are no more."""
        return self._kept[number] if self._keep(number + 1) else self._draw()

    def _keep(self, count: int) -> bool:
        """Whether the first so many are kept, after those that are missing have been drawn."""
        while len(self._kept) < count and self._room > 0:
            batch = self._draw()
            if batch is None:
                break
            self._kept.append(batch)
            self._room -= sum(t.numel() * t.element_size() for t in tensors_of(batch))
        return len(self._kept) >= count

    def _draw(self) -> Any:
        batch = next(self._iterator, None)
        if batch is None and not self._once:  # those held back must not come again in a second pass
            self._iterator = iter(self._loader)
            batch = next(self._iterator, None)
        return batch


def _length(loader: Any) -> int | None:
    try:
        return len(loader)
    except TypeError:
        return None


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
