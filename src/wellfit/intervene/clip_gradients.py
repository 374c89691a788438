"""Clip gradients before each step."""

import torch
from torch.optim import LBFGS, Optimizer

from wellfit.intervene.made_optimizer import MadeOptimizer


class ClipGradients(MadeOptimizer):
    """The gradients of the optimizer that a line makes are clipped to a common norm of `norm` before each step."""

    name = "clip_gradients"
    options = frozenset({"norm"})

    def before_step(self, optimizer: Optimizer) -> None:
        """Clip them; counted are the steps in which that changed something."""
        if isinstance(optimizer, LBFGS):
            self.refuse("LBFGS computes its gradients within the step")
        elif getattr(optimizer, "grad_scale", None) is not None:
            self.refuse("the optimizer takes the scale of mixed precision away itself, within the step")
        if self.refusal:
            return
        parameters = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        most = float(self.cure.options["norm"])
        if parameters and float(torch.nn.utils.clip_grad_norm_(parameters, most)) > most:
            self.applied()
