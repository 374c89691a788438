"""Let a DataLoader draw its samples in random order."""

from collections.abc import Callable
from typing import Any

from torch.utils.data import DataLoader, IterableDataset

from wellfit.intervene.intervention import Intervention, wrap


class Shuffle(Intervention):
    """The loader that a line makes gets `shuffle=True`, and draws as one that was written so."""

    name = "shuffle"

    def install(self) -> None:
        """Stand before the constructor."""
        wrap((DataLoader,), "__init__", self._around)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(
            loader: Any, dataset: Any, batch_size: Any = 1, shuffle: Any = None, *args: Any, **kwargs: Any
        ) -> None:
            if not shuffle and self.sites.is_here(self.cure.place) and self._may(dataset, args, kwargs):
                self.applied()
                shuffle = True
            original(loader, dataset, batch_size, shuffle, *args, **kwargs)

        return make

    def _may(self, dataset: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        if isinstance(dataset, IterableDataset):
            self.refuse("the samples come from an IterableDataset, which sets their order itself")
        elif args or kwargs.get("sampler") is not None or kwargs.get("batch_sampler") is not None:
            self.refuse("the loader was handed a sampler, which sets the order")
        return self.refusal is None
