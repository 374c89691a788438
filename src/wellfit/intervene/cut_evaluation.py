"""Let an evaluation run over its data in batches of another size."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import BatchSampler, DataLoader, IterableDataset

from wellfit.intervene.intervention import Intervention, wrap


class CutEvaluation(Intervention):
    """A DataLoader that is first gone through without gradients has larger batches from there on.

    One that is gone through with gradients as well gets its own batches back before it is: what is trained on stays.
    Loaders whose batches the program makes itself are left alone.
    """

    name = "cut_evaluation"

    def install(self) -> None:
        """Stand before each pass."""
        self._own: dict[int, tuple[Any, Any]] = {}
        self._trains: set[int] = set()
        wrap((DataLoader,), "__iter__", self._around)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def iterate(loader: Any) -> Any:
            if torch.is_grad_enabled():
                self._trains.add(id(loader))
                self._give_back(loader)
            elif id(loader) not in self._own and id(loader) not in self._trains and _can_be_cut(loader):
                self._cut(loader)
            return original(loader)

        return iterate

    def _cut(self, loader: Any) -> None:
        self._own[id(loader)] = loader, loader.batch_sampler
        size = other_size(loader.batch_size, len(loader.sampler))
        _set(loader, BatchSampler(loader.sampler, size, drop_last=False))
        self.applied()

    def _give_back(self, loader: Any) -> None:
        _, sampler = self._own.pop(id(loader), (None, None))
        if sampler is not None:
            _set(loader, sampler)


def other_size(size: int, samples: int) -> int:
    """A size some larger than this one that leaves a short last batch, where there is one below half of the samples."""
    larger = range(size + max(1, size // 4), max(size + 2, samples // 2))
    return next((other for other in larger if samples % other), larger[0])


def _can_be_cut(loader: Any) -> bool:
    sampler = loader.batch_sampler
    if type(sampler) is not BatchSampler or sampler.drop_last or isinstance(loader.dataset, IterableDataset):
        return False
    return hasattr(loader.sampler, "__len__") and loader._iterator is None  # workers that stay know their batches


def _set(loader: Any, sampler: BatchSampler) -> None:
    """Past the loader's own refusal to be changed."""
    vars(loader)["batch_sampler"] = sampler
    vars(loader)["batch_size"] = sampler.batch_size
