"""Changes to modules that may not have been imported yet, made once they are."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from wellfit.record.quietly import quietly

Change = Callable[[ModuleType], None]


def once_imported(name: str, change: Change) -> None:
    """Call `change` with a module: now where it has been imported, else right after its body has run.

    Args:
        name: full, with its packages.
        change: an exception of its own is passed over: the program goes on.
    """
    module = sys.modules.get(name)
    if module is not None:
        quietly(change, module)  # a library may be of another version than those known
    else:
        sys.meta_path.insert(0, _Finder(name, change))


class _Finder:
    """Finds one module where the other finders find it; leaves when that is executed."""

    def __init__(self, name: str, change: Change) -> None:
        self._name = name
        self._change = change

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec with an `exec_module` that changes the module afterwards; None for all others."""
        if name != self._name:
            return None
        spec = self._ask_others(name, path, target)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._wrap(spec.loader)
        return spec

    def _ask_others(self, name: str, path: Any, target: Any) -> Any:
        for finder in list(sys.meta_path):
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None

    def _wrap(self, loader: Any) -> None:
        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            loader.exec_module(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            quietly(self._change, module)

        loader.exec_module = exec_module
