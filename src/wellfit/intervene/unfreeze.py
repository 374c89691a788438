"""Let parameters that an optimizer was handed be trained, though the program froze them."""

from typing import Any

import torch
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.intervene.calls import before_calls
from wellfit.intervene.made_optimizer import MadeOptimizer


class Unfreeze(MadeOptimizer):
    """What the optimizer that a line makes holds requires gradients again, from the next call of a model on."""

    name = "unfreeze"

    def install(self) -> None:
        """Remember what the optimizer is handed; wait for a call."""
        super().install()
        self._held: list[Any] = []
        before_calls(self._before)

    def made(self, _: Optimizer, group: dict[str, Any]) -> None:
        """Remember these."""
        self._held += group["params"]

    def _before(self, _: Module, __: Any) -> None:
        if not self._held or torch.compiler.is_compiling():
            return
        frozen = [p for p in self._held if not p.requires_grad and p.is_floating_point()]
        self._held = []
        for parameter in frozen:
            parameter.requires_grad_()
        self.applied(len(frozen))
