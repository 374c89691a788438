"""Let a DataLoader draw its samples in random order."""

from typing import Any

from torch.utils.data import IterableDataset, SequentialSampler

from wellfit.intervene.made_loader import MadeLoader


class Shuffle(MadeLoader):
    """The loader that a line makes gets `shuffle=True`, and draws as one that was written so."""

    name = "shuffle"

    def change(self, arguments: dict[str, Any]) -> None:
        """Turn shuffling on, where the loader may choose the order."""
        sampler = arguments.get("sampler")
        if arguments.get("shuffle"):
            return
        if isinstance(arguments["dataset"], IterableDataset):
            self.refuse("the samples come from an IterableDataset, which sets their order itself")
        elif arguments.get("batch_sampler") is not None or type(sampler) not in (type(None), SequentialSampler):
            self.refuse("the loader was handed a sampler, which sets the order")
        else:
            arguments.pop("sampler", None)
            arguments["shuffle"] = True
            self.applied()
