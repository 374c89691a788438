"""The child's side: waits for the import of torch, then hands over to the observer.

Imported in every Python process below the launched command, before its first line: it may import nothing that a bare
interpreter has not imported already.
"""

from __future__ import annotations

import os
import sys

from wellfit.script.variables import NURSERY_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

MARKERS_VARIABLE = "WELLFIT_MARKERS"
"""Environment variable with the absolute path of the file that marker lines are appended to."""

_IMPORT_MACHINERY = "<frozen importlib._bootstrap_external>"
_HIDDEN_FRAME = "_call_with_frames_removed"


def arm() -> None:
    """Leave the marker that this process was reached, and wait for torch."""
    if NURSERY_VARIABLE in os.environ:
        from wellfit.script.nursery import serve

        serve()
    mark("armed")
    if "torch" in sys.modules:
        _observe(_folder())
    else:
        folder = _folder()
        sys.meta_path.insert(0, ModuleFinder("torch", lambda _: _observe(folder)))


def _folder() -> str:
    """The working folder, before the program may change it; empty where it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def mark(what: str, text: str = "") -> None:
    """Append one line on this process to the markers; what cannot be written is lost silently."""
    line = f"{what} {os.getpid()} {' '.join(text.split())}".rstrip() + "\n"
    try:
        descriptor = os.open(os.environ[MARKERS_VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode(errors="backslashreplace"))
        finally:
            os.close(descriptor)
    except (OSError, KeyError):
        pass


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


def _observe(folder: str) -> None:
    mark("torch")
    try:
        from importlib import import_module

        from wellfit.model.run import WatchSettings

        settings = WatchSettings.from_environment(os.environ)
        if settings is not None:
            arming = import_module("wellfit.observe.arm").arm(settings, folder)
            if settings.trial is not None:
                import_module("wellfit.intervene.arm").arm(settings.trial, arming.watch)
            if settings.seed_shift:
                import_module("wellfit.intervene.seeds").shift_seeds(settings.seed_shift)
            if settings.record:
                import_module("wellfit.record.arm").arm(settings, arming)
            if settings.retrace is not None:
                import_module("wellfit.intervene.retrace.arm").arm(settings.retrace, arming)
            if settings.wishes is not None:
                import_module("wellfit.advise.arm").arm(settings.wishes, arming.watch)
    except Exception as error:  # noqa: BLE001 - the training goes on; the parent reports the marker
        mark("error", f"{type(error).__name__}: {error}")
