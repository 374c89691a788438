"""Who holds a tensor that no module lists: a bounded search through the plain attributes of modules."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn import Module

from wellfit.observe import adapter

MOST_OBJECTS = 4000
"""Objects that one search looks at."""

DEEPEST = 4
"""Containers within containers that are looked into."""

LONGEST_CHAIN = 8
"""Operations between a parameter and the tensor made of it that an attribute holds (a cast, a copy, a scaling)."""

_MODULE_ATTRIBUTES = frozenset(vars(Module()))


@dataclass
class Held:
    """Tensors that one plain attribute holds.

    Args:
        content: class of the first layer, or of the tensor.
        tensors: by id.
        modules: the layers among what it holds.
    """

    owner: Module
    attribute: str
    container: str
    content: str
    tensors: dict[int, Tensor]
    modules: list[Module]


def find_holders(roots: Iterable[Module], wanted: dict[int, Tensor]) -> Iterator[Held]:
    """The attributes of these modules, or of those below them, that hold some of the wanted leaf tensors."""
    seen: set[int] = set()
    for root in roots:
        for module in root.modules():
            if id(module) in seen:
                continue
            seen.add(id(module))
            for attribute, value in list(vars(module).items()):
                if attribute not in _MODULE_ATTRIBUTES:
                    held = _look_into(module, attribute, value, wanted)
                    if held.tensors:
                        yield held


def _look_into(owner: Module, attribute: str, value: Any, wanted: dict[int, Tensor]) -> Held:
    held = Held(owner, attribute, type(value).__name__, "", {}, [])
    waiting: deque[tuple[Any, int]] = deque([(value, 0)])
    seen = {id(owner)}
    while waiting and len(seen) < MOST_OBJECTS:
        item, depth = waiting.popleft()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if issubclass(type(item), Module):
            _take_module(held, item, wanted)
        elif issubclass(type(item), Tensor):
            _take_tensor(held, item, wanted)
        elif depth < DEEPEST:
            waiting.extend((inner, depth + 1) for inner in _contents(item))
    return held


def _take_module(held: Held, module: Module, wanted: dict[int, Tensor]) -> None:
    inside = {id(p): p for p in module.parameters() if id(p) in wanted}
    if inside:
        held.content = held.content or type(module).__name__
        held.modules.append(module)
        held.tensors.update(inside)


def _take_tensor(held: Held, tensor: Tensor, wanted: dict[int, Tensor]) -> None:
    leaf = _leaf_behind(tensor)
    if leaf is not None and id(leaf) in wanted:
        held.content = held.content or type(leaf).__name__
        held.tensors[id(leaf)] = leaf


def _leaf_behind(tensor: Tensor) -> Tensor | None:
    """The tensor itself where it is a leaf; else the only one that it was made of, a few operations before."""
    node = tensor.grad_fn
    if node is None:
        return tensor
    for _ in range(LONGEST_CHAIN):
        following = list(adapter.next_nodes(node))
        if len(following) != 1:
            return None
        node = following[0]
        leaf = adapter.leaf_variable(node)
        if leaf is not None:
            return leaf
    return None


def _contents(item: Any) -> list[Any]:
    kind = type(item)
    if issubclass(kind, dict):
        return list(item.values())
    if issubclass(kind, (list, tuple, set, frozenset, deque)):
        return list(item)
    if kind.__module__ in ("builtins", "torch") or isinstance(item, type):
        return []
    try:
        inner = object.__getattribute__(item, "__dict__")
    except AttributeError:
        return []
    return list(inner.values()) if type(inner) is dict else []
