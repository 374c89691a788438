"""The child's side: waits for the import of torch, then hands over to the observer.

Imported in every Python process below the launched command, before its first line: it may import nothing that a bare
interpreter has not imported already.
"""

from __future__ import annotations

import os
import sys

from wellfit.script.finder import ModuleFinder
from wellfit.script.variables import HEAR, NURSERY_VARIABLE, PARSERS_VARIABLE

MARKERS_VARIABLE = "WELLFIT_MARKERS"
"""Environment variable with the absolute path of the file that marker lines are appended to."""


def arm() -> None:
    """Leave the marker that this process was reached, and wait for torch."""
    if NURSERY_VARIABLE in os.environ:
        from wellfit.script.nursery import serve

        serve()
    mark("armed")
    parsers = os.environ.get(PARSERS_VARIABLE, "")
    if parsers == HEAR:
        from wellfit.script.parsers import PARSERS

        PARSERS.hear()
    elif parsers:
        from wellfit.script.dry import end_where_parsed

        end_where_parsed(parsers)
        return
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
