"""Put the model into training mode before it is trained on."""

from typing import Any

import torch
from torch.nn import Module

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.intervention import Intervention


class TrainMode(Intervention):
    """A module that a line calls with gradients on is in training mode, with all layers below it.

    Modules without trainable parameters are left alone: losses, and models that serve others as teachers.
    """

    name = "train_mode"

    def install(self) -> None:
        """Look at every call from outside."""
        before_calls(self._before)

    def _before(self, module: Module, _: Any) -> None:
        if torch.compiler.is_compiling() or self.phases.holds or not torch.is_grad_enabled() or module.training:
            return
        trains = is_outermost() and any(p.requires_grad for p in module.parameters())
        if trains and self.sites.is_here(self.cure.place):
            module.train()
            self.applied()
