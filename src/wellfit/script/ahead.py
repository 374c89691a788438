"""Imports modules in the server of trial runs, each where it can be undone, so that no run need do so again.

An import cannot be taken back, but a process that made it can end. So each one is made in a fork: where it leaves
nothing behind that a fork of it would share with others, that fork is the server from there on, and the process before
it only waits for its end. Where it does, or fails, the fork ends, and the process before it goes on without.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import select
import signal
import sys

from wellfit.script.bound import BOUND
from wellfit.script.conditions import conditions
from wellfit.script.draws import DRAWS, advance
from wellfit.script.imported import Witness
from wellfit.script.installed import can_be_imported_ahead, is_users_own, lies_in
from wellfit.script.traces import can_be_seen, compiled, left_by_fork, traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

LONGEST_S = 60.0
"""Seconds that one import may take; torch's own takes a few."""

FIT = b"!"

_BEFORE_PROGRAMS = ("sitecustomize", "usercustomize")
"""Modules that Python imports by itself, in each run anew."""


class UnfitError(Exception):
    """An import cannot be shared; the reason, in words."""


class Ahead:
    """The imports that one server makes ahead of its forks.

    Args:
        folders: of the user's own modules, which go before all others in a run.
        confine: is called before an import, in the process that makes it; keeps that one and its forks from writing
            elsewhere.
    """

    def __init__(self, folders: tuple[str, ...], confine: Callable[[], None]) -> None:
        self._folders = folders
        self._confine = confine
        self._confined = False
        self._start = dict(os.environ)
        random.seed(0)  # as the first run does
        DRAWS.repeat()

    def make(self, statements: Iterable[str]) -> None:
        """Execute import statements, those that can be shared; returns in the process that is the server then."""
        self._make([lambda statement=statement: exec(statement, {}) for statement in statements])  # type: ignore[misc]  # noqa: S102

    def make_noted(self, notes: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Import what a run has noted, in its order, where the conditions are the same as they were there."""
        wanted = [(name, noted) for name, noted in notes if _is_wanted(name)]
        self._make([lambda name=name, noted=noted: self._import(name, noted) for name, noted in wanted])  # type: ignore[misc]

    def _import(self, name: str, noted: dict[str, Any]) -> None:
        if name not in sys.modules and conditions(self._start) == noted:
            importlib.import_module(name)

    def _make(self, steps: list[Callable[[], None]]) -> None:
        """All of them at once; one by one where that is not fit."""
        if not can_be_seen() or not steps:
            return
        known = set(sys.modules)
        if not self._apart(lambda: [step() for step in steps]) and len(steps) > 1:
            for step in steps:
                self._apart(step)
        BOUND.note(module for name, module in list(sys.modules.items()) if name not in known)
        gc.freeze()

    def _apart(self, execute: Callable[[], object]) -> bool:
        """Do it in a fork, and be that fork where it is fit; False in the process that goes on without."""
        told, tell = os.pipe()
        drawn = random.getstate()
        pid = os.fork()
        if pid:
            os.close(tell)
            _stand_behind(pid, told)
            return False
        os.close(told)
        random.setstate(drawn)  # Python seeds a fork anew
        try:
            self._watched(execute)
        except BaseException as error:  # noqa: BLE001 - SystemExit as well: a fork that is unfit ends here
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(f"not imported ahead: {type(error).__name__}: {error}\n")
                sys.stderr.flush()
            os._exit(1)
        os.write(tell, FIT)
        os.close(tell)
        return True

    def _watched(self, execute: Callable[[], object]) -> None:
        if not self._confined:  # once in a line of forks: the kernel counts how often
            self._confine()
            self._confined = True
        known = set(sys.modules)
        asked: set[str] = set()
        before = traces()
        expected = random.Random()  # noqa: S311 - Python's own generator, as programs use it
        expected.setstate(random.getstate())
        with Witness(lambda name: asked.add(name.partition(".")[0])), compiled() as kinds, DRAWS.kept() as draws:
            execute()
        advance(expected, draws)
        before["random numbers"] = expected.getstate(), *before["random numbers"][1:]
        after = traces()
        if after != before:
            gc.collect()  # closes files that nobody holds any more; the server does so nowhere else
            after = traces()
        left = [*(what for what in before if before[what] != after[what]), *kinds]
        fork = left_by_fork()
        self._check(known, asked, [*left, *([fork] if fork else [])])

    def _check(self, known: set[str], asked: set[str], left: list[str]) -> None:
        if left:
            raise UnfitError(f"it leaves behind or changes {', '.join(left)}")
        hidden = [name for name in sorted(asked) if any(lies_in(folder, name) for folder in self._folders)]
        if hidden:
            raise UnfitError(f"a run imports {hidden[0]} from its own folder")
        own = [name for name in sys.modules if name not in known and is_users_own(sys.modules[name])]
        if own:
            raise UnfitError(f"it imports {own[0]}, which is no installed distribution")


def _is_wanted(name: str) -> bool:
    top = name.partition(".")[0]
    if name in sys.modules or top in _BEFORE_PROGRAMS:
        return False
    return top in sys.modules or can_be_imported_ahead(top)


def _stand_behind(pid: int, told: int) -> None:
    """Return where the fork is unfit; where it is fit, wait for its end and end like it."""
    ready = select.select([told], [], [], LONGEST_S)[0]
    fit = bool(ready) and os.read(told, 1) == FIT
    os.close(told)
    if not fit:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if fit:
        os._exit(max(0, os.waitstatus_to_exitcode(status)))
