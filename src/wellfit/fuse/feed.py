"""The batches of trials: those of one seed share them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from wellfit.errors import UsageError
from wellfit.fuse.built import seeded
from wellfit.fuse.nested import mapped
from wellfit.fuse.task import Batch, FusedTask


class TensorBatches:
    """Batches from tensors that lie in memory, in an order that the seed gives, anew in each epoch.

    Args:
        inputs: a tensor or a nesting of them, first axis samples.
        targets: the same.
        batch_size: 1 up to the number of samples; a last batch that would be smaller is left out.

    Raises:
        ValueError: batch_size is out of range.
    """

    def __init__(self, inputs: Any, targets: Any, batch_size: int) -> None:
        self._data, self._size = (inputs, targets), batch_size
        found: list[Tensor] = []
        mapped(found.append, self._data)
        self._count = len(found[0])
        if not 1 <= batch_size <= self._count:
            raise ValueError(f"batch_size must lie in [1, {self._count}], the number of samples, got {batch_size}")

    def __call__(self, seed: int) -> Iterator[Batch]:
        """Batches of one seed, without end."""
        return (self.gathered(picked) for picked in self.picks(seed))

    def picks(self, seed: int) -> Iterator[Tensor]:
        """Which samples each batch has; int64, shape (batch_size,), without end."""
        generator = torch.Generator().manual_seed(seed)
        whole = self._count // self._size * self._size
        while True:
            yield from torch.randperm(self._count, generator=generator)[:whole].split(self._size)

    def gathered(self, picked: Tensor) -> Batch:
        """Samples by their places; an axis of seeds in front stays there."""
        inputs, targets = mapped(lambda held: held[picked.to(held.device)], self._data)
        return inputs, targets


class Feed:
    """Batches of several seeds, step by step, on the task's device.

    Args:
        task: whose batches they are.
        seeds: each once.
    """

    def __init__(self, task: FusedTask, seeds: Sequence[int]) -> None:
        self._task, self._step = task, 0
        made = task.batches
        self._picks = {s: made.picks(s) for s in seeds} if isinstance(made, TensorBatches) else {}
        self._streams = {} if self._picks else {s: _stream(made, s) for s in seeds}

    def next(self) -> Batch:
        """The next batches; with an axis of seeds in front where there are several.

        Raises:
            UsageError: batches of seeds differ in shape, or a seed has no more of them.
        """
        batch = self._gathered() if self._picks else self._stacked()
        self._step += 1
        device = self._task.device
        inputs, targets = mapped(lambda t: t.to(device), batch)
        return inputs, targets

    def keep(self, seeds: Sequence[int]) -> None:
        """Let go of all other seeds; the order is the given one from now on."""
        self._picks = {s: self._picks[s] for s in seeds} if self._picks else {}
        self._streams = {s: self._streams[s] for s in seeds} if self._streams else {}

    def _gathered(self) -> Batch:
        picked = [next(picks) for picks in self._picks.values()]
        made = self._task.batches
        assert isinstance(made, TensorBatches)  # noqa: S101  # picks come from nowhere else
        return made.gathered(picked[0] if len(picked) == 1 else torch.stack(picked))

    def _stacked(self) -> Batch:
        batches = [self._of_seed(seed, stream) for seed, stream in self._streams.items()]
        if len(batches) == 1:
            return batches[0]
        try:
            inputs, targets = mapped(lambda *same: torch.stack(same), batches[0], *batches[1:])
        except RuntimeError as error:
            raise UsageError(f"batches of several seeds differ at step {self._step}: {error}") from error
        return inputs, targets

    def _of_seed(self, seed: int, stream: Iterator[Batch]) -> Batch:
        batch = next(stream, None)
        if batch is None:
            steps = self._task.steps
            raise UsageError(
                f"batches of seed {seed} end at step {self._step} of {steps} and cannot be gone through again"
            )
        return batch


def _stream(made: Any, seed: int) -> Iterator[Batch]:
    """Batches of one seed, epoch after epoch, until an epoch has none."""
    if isinstance(made, DataLoader) or not callable(made):
        yield from _private(_epochs(made), seed)
    else:
        yield from _epochs(made(seed))


def _epochs(batches: Iterable[Batch]) -> Iterator[Batch]:
    empty = False
    while not empty:
        empty = True
        for batch in batches:
            empty = False
            yield batch


def _private(batches: Iterator[Batch], seed: int) -> Iterator[Batch]:
    """A loader draws from torch's one generator: it gets it as it left it, and leaves none of that behind."""
    with seeded(seed):
        state = torch.get_rng_state()
    while True:
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(state)
            batch = next(batches, None)
            state = torch.get_rng_state()
        if batch is None:
            return
        yield batch
