"""Draw weights at random that the program set to one value."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.intervention import Intervention

OFFSET = 104_729
"""Between the program's own seed and that of the new weights, so that these are no copy of others."""


class RedrawWeights(Intervention):
    """Weights whose rows are all equal before the first training call are drawn as torch's own layers draw theirs.

    With `names`, those parameters alone. A layer's bias stays as the program left it, and so does the program's own
    generator: the new weights come from another one.
    """

    name = "redraw_weights"
    options = frozenset({"names"})

    def install(self) -> None:
        """Wait for the first training call of each module."""
        self._seen: set[int] = set()
        before_calls(self._before)

    def _before(self, module: Module, _: Any) -> None:
        if torch.compiler.is_compiling() or not torch.is_grad_enabled() or id(module) in self._seen:
            return
        if is_outermost():
            self._seen.add(id(module))
            self._redraw(module)

    def _redraw(self, root: Module) -> None:
        devices = {p.device.index for p in root.parameters() if p.is_cuda}
        with torch.random.fork_rng(devices), torch.no_grad():
            torch.default_generator.manual_seed((torch.initial_seed() + OFFSET) % 2**63)
            for path, layer in root.named_modules():
                for name, weight in layer.named_parameters(prefix=path, recurse=False):
                    if self._is_named(name, root) and _is_constant(weight):
                        _draw(layer, weight)
                        self.applied()

    def _is_named(self, name: str, root: Module) -> bool:
        names: Iterable[str] = self.cure.options.get("names", ())
        return not names or name in names or f"{type(root).__name__}.{name}" in names


def _is_constant(weight: Tensor) -> bool:
    rows = weight.dim() > 1 and weight.shape[0] > 1 and weight.requires_grad and weight.device.type != "meta"
    return rows and bool((weight == weight[:1]).all())


def _draw(layer: Module, weight: Tensor) -> None:
    """By the layer's own `reset_parameters` where it has one; what else that writes is put back."""
    reset = getattr(layer, "reset_parameters", None)
    if callable(reset):
        kept = [(p, p.detach().clone()) for p in layer.parameters(recurse=False) if p is not weight]
        reset()
        for parameter, value in kept:
            parameter.copy_(value)
    if not callable(reset) or _is_constant(weight):
        torch.nn.init.kaiming_uniform_(weight, a=math.sqrt(5))  # as nn.Linear and the convolutions do
