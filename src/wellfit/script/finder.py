"""Does something with a module once it has been imported.

Imported before the program's first line: it imports nothing that a bare interpreter has not imported already.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

_IMPORT_MACHINERY = "<frozen importlib._bootstrap_external>"
_HIDDEN_FRAME = "_call_with_frames_removed"


class ModuleFinder:
    """Finds one module where the other finders find it, and does something once its body ran.

    A mere look for it (`importlib.util.find_spec`) changes nothing: the finder leaves when the module is executed.

    Args:
        name: of the module, with its packages.
        then: called with it; must not raise.
    """

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name, self._then = name, then

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec of the module with an `exec_module` that goes on with us; None for every other module."""
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
            self._leave()
            self._then(module)

        exec_module.__code__ = _hidden(exec_module.__code__)
        loader.exec_module = exec_module

    def _leave(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)


def _hidden(code: CodeType) -> CodeType:
    """The code under a name that Python cuts out of tracebacks, as it does with its own import machinery."""
    return code.replace(co_filename=_IMPORT_MACHINERY, co_name=_HIDDEN_FRAME)
