"""What a module holds, within reach until the module goes: its weights are looked at while they still exist.

Most programs train a model that is a local variable of some function, and at exit it is gone. A strong reference would
keep it, and change when memory is freed. But Python calls the weak references to an object before it lets go of what
the object holds. Here the dictionaries in which each module keeps its parameters and buffers are held, live ones and
not copies, until their module goes: no tensor lives longer than it would, but for the time that looking at it takes.
"""

import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from torch import Tensor
from torch.nn import Module
from torch.nn.parameter import is_lazy

_PLAIN = (bool, int, float, str, type(None))


class Table(NamedTuple):
    """The dictionaries of one module, without those of the modules in it.

    Args:
        parameters: by name.
        buffers: by name.
        unsaved: names of buffers that are no part of the state.
    """

    parameters: Mapping[str, Tensor | None]
    buffers: Mapping[str, Tensor | None]
    unsaved: frozenset[str] | set[str]

    def tensors(self) -> Iterator[Tensor]:
        """Parameters, then buffers that are saved; without those that have no shape yet."""
        saved = (buffer for name, buffer in self.buffers.items() if name not in self.unsaved)
        yield from (t for t in (*self.parameters.values(), *saved) if t is not None and not is_lazy(t))


def table_of(module: Module) -> Table:
    """The table of a module; an empty one where it keeps its tensors in another way."""
    held = vars(module)
    parameters, buffers = held.get("_parameters"), held.get("_buffers")
    unsaved = held.get("_non_persistent_buffers_set")
    return Table(
        parameters if isinstance(parameters, dict) else {},
        buffers if isinstance(buffers, dict) else {},
        unsaved if isinstance(unsaved, set) else frozenset(),
    )


def weights_of(module: Module) -> list[Tensor]:
    """Parameters and saved buffers of a module and of those in it, in the order of its `state_dict`."""
    found = [t for _, m in module.named_modules(remove_duplicate=False) for t in table_of(m).tensors()]
    return found or [value for value in module.state_dict().values() if isinstance(value, Tensor)]  # as of TorchScript


class Life:
    """Follows one module to its end.

    Args:
        module: that is not kept alive.
        ends: is called with its parameters and saved buffers when it goes, in the order of its `state_dict`; not at all
            where something that they hold may hold the module in turn.
    """

    def __init__(self, module: Module, ends: Callable[[list[Tensor]], None]) -> None:
        self._ends = ends
        self._module = weakref.ref(module, self._end)
        self._tables: dict[int, tuple[weakref.ref[Module] | None, Table]] = {}
        self.follow()

    @property
    def module(self) -> Module | None:
        """The module, or None once it has gone."""
        return self._module()

    def follow(self) -> None:
        """Look anew at which modules it is made of: programs replace layers."""
        module = self._module()
        self._tables.clear()
        if module is None:
            return
        parts = [part for _, part in module.named_modules(remove_duplicate=False)]
        tables = [table_of(part) for part in parts]
        if not all(_leads_nowhere(tensor) for table in tables for tensor in table.tensors()):
            return
        for key, (part, table) in enumerate(zip(parts, tables, strict=True)):
            leaving = None if part is module else weakref.ref(part, partial(self._leave, key))
            self._tables[key] = leaving, table

    def close(self) -> None:
        """Follow it no longer."""
        self._tables.clear()

    def _leave(self, key: int, _: object) -> None:
        """A layer was replaced; where all go at once, the whole's turn is to come."""
        if self._module() is not None:
            self._tables.pop(key, None)

    def _end(self, _: object) -> None:
        tensors = [tensor for _, table in self._tables.values() for tensor in table.tensors()]
        self._tables.clear()
        if tensors:
            self._ends(tensors)


def _leads_nowhere(tensor: Tensor) -> bool:
    """Whether no reference leads on from a tensor: a hook may hold its module, which would live for ever then."""
    if tensor.grad_fn is not None:
        return False
    hooks = (getattr(tensor, name, None) for name in ("_backward_hooks", "_post_accumulate_grad_hooks"))
    if any(hooks):
        return False
    return all(isinstance(value, _PLAIN) for value in getattr(tensor, "__dict__", {}).values())
