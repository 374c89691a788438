"""Hand an optimizer the parameters that it lacks."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.intervention import Intervention, wrap
from wellfit.observe.graph import walk

MOST_LOOKS = 64
"""Backward passes whose graph is walked: what the loss reaches it reaches early."""


class HoldParameters(Intervention):
    """What the loss reaches, and no optimizer holds, joins the optimizer that a line makes, under its own settings.

    Without a line, the optimizer that holds most of what the loss reaches. With `unregistered`, also leaves that no
    module lists, as those of layers in a plain list.
    """

    name = "hold_parameters"
    options = frozenset({"unregistered"})

    def install(self) -> None:
        """Follow the optimizers and the modules; look at the graph before backward."""
        self._optimizers: list[Optimizer] = []
        self._holder: Optimizer | None = None
        self._listed: dict[int, Tensor] = {}
        self._added: list[Tensor] = []
        self._looks = 0
        wrap((Optimizer,), "add_param_group", self._around_making)
        wrap((torch.autograd,), "backward", self._around_backward)
        wrap((Module,), "zero_grad", self._around_clearing)
        before_calls(self._before_call)

    def _around_making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            original(optimizer, group)
            if all(known is not optimizer for known in self._optimizers):
                self._optimizers.append(optimizer)
                if self.cure.place is not None and self.sites.is_here(self.cure.place):
                    self._holder = optimizer
                    self._looks = 0

        return add_param_group

    def _before_call(self, module: Module, _: Any) -> None:
        if self._looks < MOST_LOOKS and not torch.compiler.is_compiling() and is_outermost():
            self._listed.update({id(p): p for p in module.parameters() if p.requires_grad})

    def _around_backward(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            made = self._holder is not None or (self.cure.place is None and self._optimizers)
            if made and self._looks < MOST_LOOKS:
                self._looks += 1
                self._add(tensors if isinstance(tensors, Tensor) else next(iter(tensors)))
            return original(tensors, *args, **kwargs)

        return backward

    def _around_clearing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """A program that clears `model.zero_grad()` would leave out what its model does not list."""

        def zero_grad(module: Module, *args: Any, **kwargs: Any) -> Any:
            if self._added and any(id(p) in self._listed for p in module.parameters()):
                for leaf in self._added:
                    leaf.grad = None
            return original(module, *args, **kwargs)

        return zero_grad

    def _add(self, loss: Tensor) -> None:
        leaves = walk(loss).leaves
        held = {id(p) for optimizer in self._optimizers for p in _parameters(optimizer)}
        missing = [leaf for leaf in self._ordered(leaves) if id(leaf) not in held]
        holder = self._holder or max(self._optimizers, key=lambda o: sum(id(p) in leaves for p in _parameters(o)))
        if not missing:
            return
        if isinstance(holder, torch.optim.Adagrad):
            self.refuse("Adagrad prepares its state when it is made, and takes no parameters later")
            return
        # Into the group itself: schedules made by now know as many groups as there were.
        holder.param_groups[-1]["params"].extend(missing)
        self._added += [leaf for leaf in missing if id(leaf) not in self._listed]
        self.applied(len(missing))

    def _ordered(self, leaves: dict[int, Tensor]) -> Iterator[Tensor]:
        """Leaves behind the loss, in the order in which the modules list them."""
        yield from (p for key, p in self._listed.items() if key in leaves)
        if self.cure.options.get("unregistered"):
            yield from (leaf for key, leaf in leaves.items() if key not in self._listed)


def _parameters(optimizer: Optimizer) -> Iterator[Tensor]:
    return (p for group in optimizer.param_groups for p in group["params"])
