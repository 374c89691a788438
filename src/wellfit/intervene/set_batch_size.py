"""Let a DataLoader make batches of another size."""

from typing import Any

from wellfit.intervene.made_loader import MadeLoader


class SetBatchSize(MadeLoader):
    """The loader that a line makes has batches of `size` samples."""

    name = "set_batch_size"
    options = frozenset({"size"})

    def change(self, arguments: dict[str, Any]) -> None:
        """Set the size, where the loader makes the batches."""
        if arguments.get("batch_sampler") is not None:
            self.refuse("the loader was handed a sampler of whole batches, which sets their size")
        elif arguments.get("batch_size", 1) is None:
            self.refuse("the data set makes the batches itself")
        else:
            arguments["batch_size"] = int(self.cure.options["size"])
            self.applied()
