"""Let weight decay shrink the weights directly, as AdamW does, in place of joining the gradient."""

import torch
from torch.optim import LBFGS, Optimizer

from wellfit.intervene.made_optimizer import MadeOptimizer

DECOUPLED = (torch.optim.AdamW,)
"""Optimizers whose decay is of that kind already; others say so in a setting of their groups."""


class DecoupleDecay(MadeOptimizer):
    """Before each step of the optimizer that a line makes, its weights shrink by rate times decay.

    The step itself then has no decay.
    """

    name = "decouple_decay"

    def install(self) -> None:
        """Nothing is set aside yet."""
        super().install()
        self._set_aside: list[float] = []

    def before_step(self, optimizer: Optimizer) -> None:
        """Shrink, and take the decay out of the step."""
        if isinstance(optimizer, LBFGS) or not any(g.get("weight_decay") for g in optimizer.param_groups):
            self.refuse(f"{type(optimizer).__name__} has no weight decay")
        if self._decays_directly(optimizer) or self.refusal:
            return
        with torch.no_grad():
            for group in optimizer.param_groups:
                shrink = 1 - group["lr"] * group["weight_decay"]
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        parameter.mul_(shrink)
        self._set_aside = [group["weight_decay"] for group in optimizer.param_groups]
        for group in optimizer.param_groups:
            group["weight_decay"] = 0
        self.applied()

    def after_step(self, optimizer: Optimizer) -> None:
        """Put the decay back where the program may read it."""
        for group, decay in zip(optimizer.param_groups, self._set_aside, strict=False):
            group["weight_decay"] = decay
        self._set_aside = []

    def _decays_directly(self, optimizer: Optimizer) -> bool:
        direct = isinstance(optimizer, DECOUPLED) or any(
            g.get("decoupled_weight_decay") for g in optimizer.param_groups
        )
        if direct:
            self.refuse(f"the weight decay of {type(optimizer).__name__} shrinks the weights directly already")
        return direct
