"""Follows values from parameters to the loss, through operations that gradients do not come back through.

Runs only in iterations with lines on, which are asked for on suspicion. Nothing is kept alive: values are known
by identity, and by weak reference that it is still they.
"""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from wellfit.model.place import Place
from wellfit.observe.moments import Operation

_SHAPE_ONLY = ("_like", "new_")
"""Parts of the names of operations that read a tensor's shape and kind, not its values."""

_READERS = frozenset(
    {
        "size",
        "dim",
        "numel",
        "shape",
        "ndim",
        "dtype",
        "device",
        "layout",
        "is_cuda",
        "requires_grad",
        "grad_fn",
        "is_leaf",
        "stride",
        "type",
        "element_size",
        "__len__",
        "is_floating_point",
        "is_complex",
        "is_contiguous",
        "data_ptr",
        "storage_offset",
        "untyped_storage",
        "names",
        "__hash__",
        "register_hook",
        "retain_grad",
        "backward",
        "grad",
        "__repr__",
        "__format__",
    }
)
"""Operations whose results carry no values."""


DEEPEST = 4
"""Containers within containers that are looked into."""

MOST_ITEMS = 256
"""Items of one container that are looked at."""


@dataclass(frozen=True)
class CutAt:
    """An operation whose result no longer carries the gradients of its arguments."""

    operation: str
    place: Place | None
    without_gradients: bool


Taint = dict[CutAt | None, frozenset[int]]
"""Ids of the parameters behind a value, by the operation that cut them off; under None those still connected."""


@dataclass
class Tracer:
    """What is known of the values of one iteration.

    Args:
        sources: ids of the parameters that are followed.
    """

    sources: frozenset[int]
    operations: int = 0
    _known: dict[int, tuple[Any, Taint]] = field(default_factory=dict)
    _storages: dict[int, tuple[Any, Taint]] = field(default_factory=dict)

    def see(self, operation: Operation) -> None:
        """Pass on to the result what is known of the arguments."""
        self.operations += 1
        name = operation.name
        if name in _READERS or name.endswith(_SHAPE_ONLY[0]) or name.startswith(_SHAPE_ONLY[1]):
            return
        behind = self._behind(_values((operation.args, operation.kwargs)))
        if not behind:
            return
        if name == "__setitem__":
            self._know(operation.args[0], behind)
            return
        for result in _values((operation.result,)):
            self._know(result, _after(behind, result, operation))

    def cuts_behind(self, loss: Tensor) -> Taint:
        """What was cut off on the way to a loss."""
        return self._recall(loss)

    def _behind(self, values: Iterable[Any]) -> Taint:
        merged: Taint = {}
        for value in values:
            if id(value) in self.sources:
                merged[None] = merged.get(None, frozenset()) | {id(value)}
            else:
                for cut, ids in self._recall(value).items():
                    merged[cut] = merged.get(cut, frozenset()) | ids
        return merged

    def _recall(self, value: Any) -> Taint:
        reference, taint = self._known.get(id(value), (None, {}))
        if reference is not None and reference() is value:
            return taint
        if isinstance(value, Tensor) and not value.requires_grad and value.device.type == "cpu":
            holder, shared = self._storages.get(_address(value), (None, {}))
            if holder is not None and holder() is not None:
                return shared
        return {}

    def _know(self, value: Any, taint: Taint) -> None:
        if type(value) is float:
            self._known[id(value)] = ((lambda kept=value: kept), taint)
            return
        try:
            reference = weakref.ref(value)
        except TypeError:
            return
        self._known[id(value)] = (reference, taint)
        interface = getattr(value, "ctypes", None)  # an array of numpy, which from_numpy makes a tensor of unseen
        if interface is not None and not isinstance(value, Tensor):
            self._storages[interface.data] = (reference, taint)


def _after(behind: Taint, result: Any, operation: Operation) -> Taint:
    """What stands behind a result: connected as before, or cut off here."""
    connected = behind.get(None)
    if connected is None or (isinstance(result, Tensor) and result.requires_grad):
        return behind
    here = CutAt(operation.name, operation.place, not torch.is_grad_enabled())
    after: Taint = {here: connected}
    after.update({cut: ids for cut, ids in behind.items() if cut is not None})
    return after


def _values(nested: Any, depth: int = DEEPEST) -> Iterator[Any]:
    """Tensors, floats and arrays within arguments or results, a few containers deep."""
    for value in list(nested)[:MOST_ITEMS]:
        if _is_value(value):
            yield value
        elif isinstance(value, (list, tuple)) and depth:
            yield from _values(value, depth - 1)
        elif isinstance(value, dict) and depth:
            yield from _values(value.values(), depth - 1)


def _is_value(value: Any) -> bool:
    return isinstance(value, (Tensor, float)) or type(value).__module__ == "numpy"


def _address(tensor: Tensor) -> int:
    try:
        return tensor.data_ptr()
    except RuntimeError:
        return 0
