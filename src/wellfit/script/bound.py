"""Names in modules that were imported ahead, for functions of torch that a trial run puts others in the place of.

`from torch import manual_seed` binds the function. Where a run makes that import itself, the function has been replaced
by then; where the import was made before the run, the name holds the original, and is found here.
"""

from __future__ import annotations

import contextlib
import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

_KINDS = frozenset({FunctionType, BuiltinFunctionType, MethodType})


class Names:
    """Where functions are bound: names of modules and of their classes, and keys of their dicts."""

    def __init__(self) -> None:
        self._places: dict[int, list[tuple[Any, Any]]] = {}

    def note(self, modules: Iterable[object]) -> None:
        """Note all functions that modules hold."""
        for module in modules:
            if isinstance(module, ModuleType):
                for holder in _holders(module):
                    self._note_holder(holder)

    def _note_holder(self, holder: Any) -> None:
        for name, value in list(_items(holder).items()):
            if type(value) in _KINDS:
                self._places.setdefault(id(value), []).append((holder, name))

    def rebind(self, original: object, replacement: object) -> None:
        """Give the replacement to every name that holds the original."""
        places = self._places.get(id(original), [])
        held = [(holder, name) for holder, name in places if _items(holder).get(name) is original]
        for holder, name in held:
            if isinstance(holder, dict):
                holder[name] = replacement
            else:
                with contextlib.suppress(AttributeError, TypeError):  # a class that lets nothing be set
                    setattr(holder, name, replacement)
        if held:
            self._places[id(replacement)] = held  # which may be replaced in turn


def _holders(module: ModuleType) -> Iterator[Any]:
    yield vars(module)
    for value in list(vars(module).values()):
        if type(value) is dict or (isinstance(value, type) and value.__module__ == module.__name__):
            yield value


def _items(holder: Any) -> Mapping[Any, Any]:
    return holder if isinstance(holder, dict) else vars(holder)


@contextlib.contextmanager
def standing_in(owner: Any, functions: Mapping[str, Any]) -> Iterator[None]:
    """Let functions stand for others inside the block, and nowhere after it: not in modules imported there either.

    Args:
        owner: where they are looked up.
        functions: by the name of the one that each stands for.
    """
    originals, known = {name: getattr(owner, name) for name in functions}, set(sys.modules)
    for name, function in functions.items():
        setattr(owner, name, function)
    try:
        yield
    finally:
        names = Names()
        names.note(module for name, module in list(sys.modules.items()) if name not in known)
        for name, function in functions.items():
            if getattr(owner, name) is function:  # unless somebody has put another one around it
                setattr(owner, name, originals[name])
            names.rebind(function, originals[name])


BOUND = Names()
"""Of this process, as `sys.modules` is; empty where nothing was imported ahead."""
