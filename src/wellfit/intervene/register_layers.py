"""Register the layers that a plain list or dict of a module holds."""

import sys
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import Module, ModuleDict, ModuleList, Parameter, ParameterDict, ParameterList

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.observe.places import is_user_code


class RegisterLayers(Intervention):
    """What a line assigns to an attribute of a module becomes its container for layers or parameters.

    A list becomes an `nn.ModuleList`, a dict an `nn.ModuleDict`, a tensor that was made of a parameter a parameter.
    With `content`, the class of what an empty container is filled with later.
    """

    name = "register_layers"
    options = frozenset({"content"})

    def install(self) -> None:
        """Stand before the assignment of attributes."""
        wrap((Module,), "__setattr__", self._around)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def assign(module: Module, name: str, value: Any) -> None:
            # Not what torch assigns below the line, such as the weights of a layer that is made there.
            direct = is_user_code(sys._getframe(1).f_code)
            if direct and isinstance(value, (list, tuple, dict, Tensor)) and self.sites.is_here(self.cure.place):
                value = self._registered(value)
            original(module, name, value)

        return assign

    def _registered(self, value: Any) -> Any:
        wanted = _container_for(value, str(self.cure.options.get("content", "")))
        if wanted is None:
            self.refuse(f"what the line assigns, a {type(value).__name__}, has no counterpart that registers")
            return value
        self.applied()
        return wanted(value)


def _container_for(value: Any, content: str) -> Callable[[Any], Any] | None:
    """What registers such a value, or None; an empty container is judged by what will come into it."""
    if isinstance(value, Tensor):
        return None if isinstance(value, Parameter) else lambda tensor: Parameter(tensor.detach())
    several = isinstance(value, dict)
    items = list(value.values()) if several else list(value)
    if several and not all(isinstance(key, str) for key in value):
        return None
    if all(isinstance(item, Module) for item in items) and (items or content not in ("Parameter", "Tensor", "")):
        return ModuleDict if several else ModuleList
    if all(isinstance(item, Tensor) for item in items):
        return ParameterDict if several else ParameterList
    return None
