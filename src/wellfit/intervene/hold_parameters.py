"""Hand an optimizer the parameters that it lacks."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim import Optimizer

from wellfit.intervene.calls import is_outermost
from wellfit.intervene.intervention import Intervention, wrap
from wellfit.observe.graph import walk

MOST_LOOKS = 8
"""Backward passes whose graph is walked: layers that are used in turns all come up within a few."""


class HoldParameters(Intervention):
    """What the loss reaches, and no optimizer holds, joins the optimizer that a line makes, under its own settings.

    With `unregistered`, also leaves that no module lists, as those of layers in a plain list.
    """

    name = "hold_parameters"
    options = frozenset({"unregistered"})

    def install(self) -> None:
        """Follow the optimizers and the modules; look at the graph before backward."""
        self._optimizers: list[Optimizer] = []
        self._holder: Optimizer | None = None
        self._listed: dict[int, Tensor] = {}
        self._looks = 0
        wrap((Optimizer,), "add_param_group", self._around_making)
        wrap((torch.autograd,), "backward", self._around_backward)
        register_module_forward_pre_hook(self._before_call)

    def _around_making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            original(optimizer, group)
            if all(known is not optimizer for known in self._optimizers):
                self._optimizers.append(optimizer)
                if self.sites.is_here(self.cure.place):
                    self._holder = optimizer
                    self._looks = 0

        return add_param_group

    def _before_call(self, module: Module, _: Any) -> None:
        if self._looks < MOST_LOOKS and not torch.compiler.is_compiling() and is_outermost():
            self._listed.update({id(p): p for p in module.parameters() if p.requires_grad})

    def _around_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            if self._holder is not None and self._looks < MOST_LOOKS:
                self._looks += 1
                self._add(self._holder, tensors if isinstance(tensors, Tensor) else next(iter(tensors)))
            return original(tensors, *args, **kwargs)

        return backward

    def _add(self, holder: Optimizer, loss: Tensor) -> None:
        held = {id(p) for optimizer in self._optimizers for group in optimizer.param_groups for p in group["params"]}
        missing = [leaf for leaf in self._reached(loss) if id(leaf) not in held]
        if missing:
            last = holder.param_groups[-1]
            holder.add_param_group({**{k: v for k, v in last.items() if k != "params"}, "params": missing})
            self.applied(len(missing))

    def _reached(self, loss: Tensor) -> Iterator[Tensor]:
        """Leaves behind the loss, in the order in which the modules list them."""
        leaves = walk(loss).leaves
        yield from (p for key, p in self._listed.items() if key in leaves)
        if self.cure.options.get("unregistered"):
            yield from (leaf for key, leaf in leaves.items() if key not in self._listed)
