"""Interventions on the optimizer that one line makes."""

from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from wellfit.intervene.intervention import Intervention, wrap


class MadeOptimizer(Intervention):
    """Base of interventions that change how one optimizer steps; every optimizer where no line is named.

    Once the weights are held still, steps are left alone.
    """

    def install(self) -> None:
        """See each group as it is added, and stand around the steps."""
        self._meant: dict[int, Optimizer] = {}
        wrap((Optimizer,), "add_param_group", self._around)
        register_optimizer_step_pre_hook(self._pre_step)
        register_optimizer_step_post_hook(self._post_step)

    def made(self, optimizer: Optimizer, group: dict[str, Any]) -> None:
        """One more group of the optimizer stands, for the first time in its constructor."""

    def before_step(self, optimizer: Optimizer) -> None:
        """It is about to step."""

    def after_step(self, optimizer: Optimizer) -> None:
        """It has stepped."""

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            original(optimizer, group)
            if self.sites.is_here(self.cure.place):
                self._meant[id(optimizer)] = optimizer
                self.made(optimizer, optimizer.param_groups[-1])

        return add_param_group

    def _pre_step(self, optimizer: Optimizer, *_: Any) -> None:
        if self._meant.get(id(optimizer)) is optimizer and not self.phases.holds:
            self.before_step(optimizer)

    def _post_step(self, optimizer: Optimizer, *_: Any) -> None:
        if self._meant.get(id(optimizer)) is optimizer and not self.phases.holds:
            self.after_step(optimizer)
