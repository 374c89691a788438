"""Keep some rows of the training data away from training, and bring them once the weights are held still."""

import random
import sys
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, SubsetRandomSampler

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.model.events.rates import LoaderTrained

SHARE = 5
"""One row in so many is kept away, at most."""

BLOCKS = 16
"""Parts of the data set that rows are taken from, each time neighbours: windows of one text overlap theirs, and rows
may be sorted by class."""

INDICES = "_index_sampler"
"""Property of a DataLoader: what it draws indices from."""


class HoldBack(Intervention):
    """A fifth of the rows behind the loader that trains is never drawn, `most` rows at the most.

    `loader` is its number, in the order in which loaders are made. In the place of a held row another one is drawn, so
    that batches and epochs stay as long as they were. Once the weights are held still, the loader gives batches of the
    held rows alone. Another `fold` holds other rows back, as long as there are some. Without a number nothing is
    changed. Which loader trains is reported.
    """

    name = "hold_back"
    options = frozenset({"loader", "most", "fold"})

    def install(self) -> None:
        """Number the loaders, follow their batches, and stand before what they draw indices from."""
        self._numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._places: list[Any] = []
        self._latest: Any = None
        self._draws: dict[int, int] = {}
        self._steps: dict[int, int] = {}
        self._shown: dict[int, tuple[int | None, int | None]] = {}
        self._rows: Held | None = None
        self._unused = 0  # held batches since the last step
        wrap((DataLoader,), "__init__", self._around_making)
        wrap((DataLoader,), "__iter__", self._around_pass)
        self._stand_before_indices()
        register_optimizer_step_pre_hook(self._before_step)

    def scores(self) -> Iterator[LoaderTrained]:
        """Which loader trained: the one whose batches most steps were made on."""
        if not self._steps:
            return
        number = max(self._steps, key=lambda n: self._steps[n])
        rows, batch_size = self._shown[number]
        held = len(self._rows.indices) if self._rows else 0
        batches = self._draws[number] / self._steps[number]
        yield LoaderTrained(number, self._places[number], rows, batch_size, batches, held, self.refusal)

    def _around_making(self, original: Any) -> Any:
        def make(loader: Any, *args: Any, **kwargs: Any) -> None:
            original(loader, *args, **kwargs)
            if loader not in self._numbers:
                self._numbers[loader] = len(self._places)
                self._places.append(self.sites.at(sys._getframe(1)))

        return make

    def _around_pass(self, original: Any) -> Any:
        def iterate(loader: Any) -> Any:
            return _Pass(original(loader), lambda: self._next_held(loader), lambda: self._drawn(loader))

        return iterate

    def _stand_before_indices(self) -> None:
        original = getattr(DataLoader, INDICES, None)
        if not isinstance(original, property) or original.fget is None:
            self.refuse("this version of torch draws indices in another way")
            return
        read = original.fget
        setattr(DataLoader, INDICES, property(lambda loader: self._without_held(loader, read(loader))))

    def _is_meant(self, loader: Any) -> bool:
        number = self.cure.options.get("loader")
        return number is not None and self._numbers.get(loader) == number

    def _without_held(self, loader: Any, indices: Any) -> Any:
        if not self._is_meant(loader) or self._chosen(loader) is None:
            return indices
        return _Remaining(indices, self._rows)

    def _chosen(self, loader: Any) -> "Held | None":
        if self._rows is None and self.refusal is None:
            rows = _rows_of(loader)
            if isinstance(rows, str):
                self.refuse(rows)
            else:
                most, fold = self.cure.options.get("most") or len(rows), self.cure.options.get("fold") or 0
                self._rows = Held(rows, int(most), loader, fold=int(fold))
                self.applied(len(self._rows.indices))
        return self._rows

    def _next_held(self, loader: Any) -> Any:
        """A batch in place of the next one; None for the loader's own."""
        if not self.phases.holds or not self._is_meant(loader):
            return None
        held = self._chosen(loader)
        if not held:
            return None
        self._unused += 1
        if self._unused > _batches_of(loader):  # a pass that trains nothing, as for the accuracy on training rows
            self._unused = 0
            raise StopIteration
        return held.next_batch()

    def _drawn(self, loader: Any) -> None:
        self._latest = loader
        number = self._numbers.get(loader)
        if number is not None:
            self._draws[number] = self._draws.get(number, 0) + 1

    def _before_step(self, *_: Any) -> None:
        self._unused = 0
        number = self._numbers.get(self._latest) if self._latest is not None else None
        if number is None:
            return
        self._steps[number] = self._steps.get(number, 0) + 1
        if number not in self._shown:
            self._shown[number] = _length(self._latest.dataset), self._latest.batch_size or _first_length(self._latest)


class Held:
    """The rows that are kept away.

    Args:
        rows: indices that the loader draws from.
        most: rows to keep away.
        loader: how rows become a batch.
        fold: which of the sets of rows that can be kept away in turn.
    """

    def __init__(self, rows: Sequence[int], most: int, loader: Any, *, fold: int = 0) -> None:
        self.indices = _spread(rows, max(1, min(most, len(rows) // SHARE)), fold)
        self._held = frozenset(self.indices)
        self._others = [row for row in rows if row not in self._held]
        self._draws = random.Random(0)  # noqa: S311 - nothing secret is drawn
        self._loader = loader
        self._batches: Iterator[Any] = iter(())

    def other_for(self, index: Any) -> Any:
        """The index itself, or one that may be trained on in the place of a held one."""
        return self._draws.choice(self._others) if index in self._held else index

    def next_batch(self) -> Any:
        """The next batch of held rows, from the first on again behind the last."""
        batch = next(self._batches, None)
        if batch is None:
            self._batches = iter(self._pass())
            batch = next(self._batches)
        return batch

    def _pass(self) -> Iterator[Any]:
        loader = self._loader
        size = loader.batch_size or _first_length(loader) or 1
        for start in range(0, len(self.indices), size):
            rows = self.indices[start : start + size]
            yield loader.collate_fn(_fetched(loader.dataset, rows))


def _batches_of(loader: Any) -> int:
    try:
        return max(1, len(loader))
    except TypeError:  # it does not know
        return 1 << 20


def _fetched(dataset: Dataset[Any], rows: Sequence[int]) -> Any:
    many = getattr(dataset, "__getitems__", None)
    return many(list(rows)) if callable(many) else [dataset[row] for row in rows]


class _Pass:
    """One pass over a loader, in which held batches may take the place of its own."""

    def __init__(self, batches: Any, held: Any, drawn: Any) -> None:
        self._batches, self._held, self._drawn = batches, held, drawn

    def __iter__(self) -> "_Pass":
        return self

    def __next__(self) -> Any:
        batch = self._held()
        if batch is None:
            batch = next(self._batches)
        self._drawn()
        return batch

    def __len__(self) -> int:
        return len(self._batches)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batches, name)


class _Remaining(Sampler[Any]):
    """What a sampler draws, with others in the place of held rows."""

    def __init__(self, sampler: Any, held: Any) -> None:
        self._sampler, self._held = sampler, held

    def __iter__(self) -> Iterator[Any]:
        for drawn in self._sampler:
            many = isinstance(drawn, (list, tuple))
            yield [self._held.other_for(i) for i in drawn] if many else self._held.other_for(drawn)

    def __len__(self) -> int:
        return len(self._sampler)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sampler, name)


def _spread(rows: Sequence[int], count: int, fold: int) -> list[int]:
    """So many of the rows: neighbours, from each of a few equal parts; those of different folds do not overlap."""
    draws = random.Random(0)  # noqa: S311 - nothing secret is drawn
    parts = min(BLOCKS, count)
    chosen: list[int] = []
    for part in range(parts):
        first, last = part * len(rows) // parts, (part + 1) * len(rows) // parts
        wanted = (part + 1) * count // parts - part * count // parts
        start = draws.randrange(last - first) + fold * wanted
        chosen.extend(rows[first + (start + place) % (last - first)] for place in range(wanted))
    return chosen


def _rows_of(loader: Any) -> Sequence[int] | str:
    """Indices that a loader may draw, or why they are not known."""
    total = _length(loader.dataset)
    if isinstance(loader.dataset, IterableDataset) or total is None:
        return "the data set has no length, so that no rows can be kept away"
    if loader.batch_size is None and loader.batch_sampler is None:
        return "the data set makes the batches itself"
    sampler = _inner_sampler(loader)
    if isinstance(sampler, SubsetRandomSampler):
        rows = sorted(set(map(int, sampler.indices)))
    elif _length(sampler) == total or hasattr(sampler, "num_replicas") or hasattr(sampler, "num_samples"):
        rows = list(range(total))
    else:
        return f"{type(sampler).__name__} does not say which rows it draws"
    return rows if len(rows) >= 2 * SHARE else f"{len(rows)} rows are too few to keep some away"


def _inner_sampler(loader: Any) -> Any:
    """What draws single indices, below batches however they are wrapped."""
    sampler = loader.batch_sampler if loader.batch_sampler is not None else loader.sampler
    for _ in range(4):
        within = getattr(sampler, "sampler", None) or getattr(sampler, "batch_sampler", None)
        if within is None:
            return sampler
        sampler = within
    return sampler


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except TypeError:
        return None


def _first_length(loader: Any) -> int | None:
    """Rows of a batch, as a sampler of whole batches says; None where it does not."""
    size = getattr(loader.batch_sampler, "batch_size", None)
    return int(size) if isinstance(size, int) and size > 0 else None
