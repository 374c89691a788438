"""Hide from a model what it is called with: what it still learns, it learns without its input."""

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.intervene.changed_inputs import ChangedInputs


class BlankInputs(ChangedInputs):
    """Every call sees zeros in place of its numbers.

    With `permute`, or where the input is whole numbers, it sees the rows of the batch in another order.
    """

    name = "blank_inputs"
    options = frozenset({"permute"})

    def change(self, _: Module, given: Tensor) -> Tensor:
        """Zeros, or the rows of the batch in another order."""
        if given.is_floating_point() and not self.cure.options.get("permute"):
            return torch.zeros_like(given)
        return given[torch.randperm(len(given), generator=self.generator).to(given.device)]
