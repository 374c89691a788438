"""Let a recurrent or an attention layer read the other of the first two dimensions as time."""

from typing import Any

import torch
from torch.nn import Module, MultiheadAttention
from torch.nn.modules.rnn import RNNBase

from wellfit.intervene.calls import before_calls
from wellfit.intervene.intervention import Intervention


class SwapBatchFirst(Intervention):
    """A layer that the line calls has its `batch_first` turned round, as if it had been made that way."""

    name = "swap_batch_first"

    def install(self) -> None:
        """Look at every call of such a layer."""
        self._turned: set[int] = set()
        before_calls(self._before)

    def _before(self, module: Module, _: Any) -> None:
        if torch.compiler.is_compiling() or not isinstance(module, (RNNBase, MultiheadAttention)):
            return
        if id(module) not in self._turned and self.sites.is_here(self.cure.place):
            self._turned.add(id(module))
            module.batch_first = not module.batch_first
            self.applied()
