"""Let batch norms forget their start values at once."""

import weakref
from typing import Any

from torch import nn
from torch.nn import Module
from torch.optim.optimizer import register_optimizer_step_post_hook

from wellfit.intervene.intervention import Intervention, wrap

Norm = nn.modules.batchnorm._BatchNorm


class AverageStatistics(Intervention):
    """Running statistics of batch norms are means of all steps so far, until these are as many as momentum spans.

    In a run of a few steps, the values that they start from would weigh most in whatever is scored. Momentum is moved
    between steps, not within the program's calls.
    """

    name = "average_statistics"

    def install(self) -> None:
        """Hear of each batch norm as it is made, and of each step."""
        self._own: weakref.WeakKeyDictionary[Module, float] = weakref.WeakKeyDictionary()
        self._set = 1.0
        wrap((Norm,), "__init__", self._around_making)
        register_optimizer_step_post_hook(self._after_step)

    def _around_making(self, original: Any) -> Any:
        def make(norm: Any, *args: Any, **kwargs: Any) -> None:
            original(norm, *args, **kwargs)
            if isinstance(norm.momentum, float):
                self._own[norm] = norm.momentum
                vars(norm)["momentum"] = self._set

        return make

    def _after_step(self, *_: Any) -> None:
        if self.phases.holds:
            return
        before, self._set = self._set, 1 / (self.phases.steps + 2)  # this step has not been counted yet
        for norm, own in list(self._own.items()):
            now = vars(norm)["momentum"]
            if now != max(own, before) and isinstance(now, float):  # the program has set it
                self._own[norm] = now
            vars(norm)["momentum"] = max(self._own[norm], self._set)
            self.applied()
