"""Let batch norms forget their start values at once."""

import weakref
from typing import Any

import torch
from torch import nn
from torch.nn import Module

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.intervention import Intervention

Norm = nn.modules.batchnorm._BatchNorm


class AverageStatistics(Intervention):
    """Running statistics of batch norms are means of all batches so far, until these are as many as momentum spans.

    In a run of a few steps, the values that they start from would weigh most in whatever is scored.
    """

    name = "average_statistics"

    def install(self) -> None:
        """Stand before the calls of the loop."""
        self._momenta: weakref.WeakKeyDictionary[Module, float] = weakref.WeakKeyDictionary()
        self._calls: weakref.WeakKeyDictionary[Module, int] = weakref.WeakKeyDictionary()
        before_calls(self._before)

    def _before(self, module: Module, _: Any) -> None:
        if torch.compiler.is_compiling() or not torch.is_grad_enabled() or not is_outermost():
            return
        if not module.training or self.phases.holds:
            return
        calls = self._calls[module] = self._calls.get(module, 0) + 1
        for norm in module.modules():
            if isinstance(norm, Norm) and norm.momentum is not None:
                own = self._momenta.setdefault(norm, norm.momentum)
                vars(norm)["momentum"] = max(own, 1 / calls)
                self.applied()
