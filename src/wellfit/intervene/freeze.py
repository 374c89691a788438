"""Hold the weights still after a number of steps, and answer in evaluation mode from there on.

What follows is scored: the script's own loop goes on to draw batches and to call its loss, but nothing is learned, and
nothing is dropped or normalized by the batch.
"""

import inspect
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.modules.rnn import RNNBase
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.phases import Phases


class Freeze:
    """Once the weights are to be held still, steps change nothing.

    Installed after all interventions, so that its own hooks have the last word.

    Args:
        phases: is told of each step, and says from when on.
    """

    def __init__(self, phases: Phases) -> None:
        self._phases = phases
        self._kept: list[tuple[Tensor, Tensor]] = []

    def install(self) -> None:
        """Follow the steps and the calls."""
        register_optimizer_step_pre_hook(self._before_step)
        register_optimizer_step_post_hook(self._after_step)
        before_calls(self._before_call)

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> Any:
        if not self._phases.holds:
            return None
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if any(callable(value) for value in (*args[1:], *kwargs.values())):  # a closure computes gradients anew
            self._kept = [(p, p.detach().clone()) for p in parameters]
            return (args[0], *map(self._held, args[1:])), {name: self._held(value) for name, value in kwargs.items()}
        if not is_torchs_own(type(optimizer).step):  # the user's own need not pass over what has no gradient
            self._kept = [(p, p.detach().clone()) for p in parameters]
            return None
        for parameter in parameters:
            parameter.grad = None  # torch's optimizers pass over a parameter without a gradient
        return None

    def _held(self, value: Any) -> Any:
        """A closure that answers with the weights as they were, however far the step has moved them by then."""
        if not callable(value):
            return value

        def closure(*args: Any, **kwargs: Any) -> Any:
            self._put_back()
            return value(*args, **kwargs)

        return closure

    @torch.no_grad()
    def _put_back(self) -> None:
        for parameter, value in self._kept:
            parameter.copy_(value)

    def _after_step(self, *_: Any) -> None:
        self._put_back()
        self._kept = []
        self._phases.stepped()

    def _before_call(self, module: Module, _: Any) -> None:
        if not self._phases.holds or torch.compiler.is_compiling() or not torch.is_grad_enabled() or not is_outermost():
            return
        for layer in module.modules():
            if layer.training and not _needs_training(layer):
                layer.training = False


def is_torchs_own(function: Any) -> bool:
    """Whether torch defines a function, whatever it is wrapped in."""
    return str(getattr(inspect.unwrap(function), "__module__", "")).partition(".")[0] == "torch"


def _needs_training(layer: Module) -> bool:
    """Recurrent layers run backward in training mode only, on a GPU; without dropout the mode changes nothing else."""
    return isinstance(layer, RNNBase) and not layer.dropout
