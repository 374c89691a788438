"""Loaders by number, and the batches that are drawn from them: what interventions on the training's own stand on."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from torch.utils.data import BatchSampler, DataLoader, IterableDataset
from torch.utils.data.dataloader import _BaseDataLoaderIter

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.planned_batches import PlannedBatches
from wellfit.model.place import Place


class TrainingBatches(Intervention):
    """Base: numbers the loaders as they are made, and hears of each batch.

    A loader that is made anew from the sampler of another one, as accelerate does, has the other one's number.
    """

    def install(self) -> None:
        """Stand behind the constructor and before the batches."""
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # what is known by its id must not make room for another with the same
        self.loaders: list[DataLoader[Any]] = []
        """Alive for good: accelerate drops the program's own once it has made its like."""
        self.places: list[Place | None] = []
        wrap((DataLoader,), "__init__", self._around_making)
        wrap((_BaseDataLoaderIter,), "__next__", self._around_next)

    def made(self, number: int, loader: DataLoader[Any]) -> None:
        """A loader was constructed that has a number of its own."""

    def drawn(self, number: int) -> None:
        """A batch of a loader is handed out."""

    def _around_making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(loader: DataLoader[Any], *args: Any, **kwargs: Any) -> None:
            original(loader, *args, **kwargs)
            if self._number_of(_indices_of(loader)) is not None:
                return
            number = len(self.loaders)
            self.loaders.append(loader)
            self.places.append(self.sites.at(sys._getframe(1)))
            self.made(number, loader)
            indices = _indices_of(loader)
            self._kept.append(indices)
            self._numbers[id(indices)] = number

        return make

    def _around_next(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def following(iterator: Any) -> Any:
            batch = original(iterator)
            number = self._number_of(getattr(iterator, "_index_sampler", None))
            if number is not None:
                self.drawn(number)
            return batch

        return following

    def _number_of(self, indices: Any) -> int | None:
        """By what a loader draws indices from, however it was wrapped."""
        while indices is not None:
            if id(indices) in self._numbers:
                return self._numbers[id(indices)]
            indices = getattr(indices, "batch_sampler", None)
        return None


def _indices_of(loader: DataLoader[Any]) -> Any:
    return loader.batch_sampler if loader.batch_sampler is not None else loader.sampler


def why_not(loader: DataLoader[Any]) -> str | None:
    """Why the batches of a loader cannot have another size, in words; None where they can."""
    if isinstance(loader.dataset, IterableDataset):
        return "its data set can only be gone through from the start to the end, and hands out no rows by number"
    if loader.batch_size is None and loader.batch_sampler is None:
        return "its data set makes the batches itself"
    if loader.batch_size is None or type(loader.batch_sampler) is not BatchSampler:
        return "it was handed a sampler of whole batches, which sets their size"
    return None


def plan(loader: DataLoader[Any], size: Callable[[], int], batches: int, rows: Sequence[int] = ()) -> PlannedBatches:
    """Let a loader draw planned batches, past its own refusal to be changed.

    Args:
        loader: with a sampler of batches of torch's own.
        size: tells how large the next batch is.
        batches: of an epoch.
        rows: of every batch; where there are none, those of the loader's own sampler.
    """
    planned = PlannedBatches(loader.sampler, size, batches, rows)
    vars(loader)["batch_sampler"] = planned
    vars(loader)["batch_size"] = planned.batch_size
    return planned


def length(data: Any) -> int | None:
    """How many it has; None where it does not tell."""
    try:
        return len(data)
    except TypeError:
        return None
