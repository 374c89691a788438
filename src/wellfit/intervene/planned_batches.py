"""A sampler of batches whose sizes somebody else decides, batch by batch."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import Any

from torch.utils.data import BatchSampler


class PlannedBatches(BatchSampler):
    """Every batch is full: rows come from the sampler again and again, or are the same ones each time.

    Args:
        rows_of: the loader's own sampler of rows, whose order is kept.
        size: tells how large the next batch is.
        batches: of an epoch.
        rows: the rows of every batch, taken from the first on, and from the start again behind the last; where there
            are none, the sampler's.
    """

    def __init__(self, rows_of: Any, size: Callable[[], int], batches: int, rows: Sequence[int] = ()) -> None:
        super().__init__(rows_of, size(), drop_last=False)
        self._size = size
        self._batches = batches
        self._rows = rows
        self._drawn: Iterator[Any] = iter(())
        self.waiting: deque[int] = deque()
        """Sizes of the batches that were planned and not yet taken; workers load ahead."""

    def __iter__(self) -> Iterator[list[Any]]:
        """The batches of one epoch."""
        for _ in range(self._batches):
            size = self._size()
            self.waiting.append(size)
            yield [*islice(cycle(self._rows), size)] if self._rows else self._following(size)

    def __len__(self) -> int:
        """Batches of an epoch."""
        return self._batches

    def _following(self, size: int) -> list[Any]:
        batch: list[Any] = []
        while len(batch) < size:
            more = [*islice(self._drawn, size - len(batch))]
            if not more:
                self._drawn = iter(self.sampler)  # epochs of the program's own may be shorter than a batch
                more = [*islice(self._drawn, size - len(batch))]
            if not more:
                return batch
            batch += more
        return batch
