"""Notes what the first trial run imports before it trains, for the server that forks the next ones."""

from __future__ import annotations

import json
import os
import sys

from wellfit.script.conditions import conditions
from wellfit.script.installed import is_installed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Witness:
    """Stands before all finders, finds nothing, and tells which modules are looked for.

    Args:
        tell: is told each full name.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def __enter__(self) -> Witness:  # noqa: PYI034 - `Self` is of Python 3.11
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> None:
        """Nothing, so that the next finder is asked."""
        self._tell(name)


class Notes:
    """The outermost imports of installed modules, in their order, each with the conditions that it began under.

    What such an import itself imports is no note of its own: it comes along.

    Args:
        path: of the file that they are written to, once.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._start = dict(os.environ)
        self._under_way: list[str] = []
        self._notes: list[tuple[str, dict[str, Any]]] = []
        self._witness = Witness(self._hear)

    def begin(self) -> None:
        """Listen until the first optimizer step."""
        from torch.optim.optimizer import register_optimizer_step_pre_hook

        self._witness.__enter__()
        register_optimizer_step_pre_hook(self._end)

    def _hear(self, name: str) -> None:
        if name.partition(".")[0] in sys.stdlib_module_names:
            return
        while self._under_way and not _is_running(self._under_way[-1]):
            self._under_way.pop()
        if not any(map(_is_running_from_packages, self._under_way)):
            self._notes.append((name, conditions(self._start)))
        self._under_way.append(name)

    def _end(self, *_: object) -> None:
        """Write the file; the hook stays, since a table of hooks that is gone through may not change."""
        if self._witness not in sys.meta_path:
            return
        self._witness.__exit__()
        unfinished = f"{self._path}.part"
        with open(unfinished, "w", encoding="utf-8") as file:
            json.dump([note for note in self._notes if note[0] in sys.modules], file)
        os.replace(unfinished, self._path)


def _is_running(name: str) -> bool:
    """Whether the body of a module has not come to its end."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


def _is_running_from_packages(name: str) -> bool:
    return _is_running(name) and is_installed(sys.modules[name])
