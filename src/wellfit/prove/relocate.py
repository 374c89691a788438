"""Events of a trial run, with the places of the copy turned into those of the user's own folder."""

import os
from dataclasses import fields, is_dataclass, replace
from typing import Any

from wellfit.model.log import EventLog
from wellfit.model.place import Place


def relocate(log: EventLog, copy: str, root: str) -> EventLog:
    """The same log as if the script had run in its own folder.

    Args:
        log: of a trial run.
        copy: absolute folder that the run stood in.
        root: absolute folder that it was copied from.
    """
    here, there = copy.rstrip(os.sep) + os.sep, root.rstrip(os.sep) + os.sep
    return replace(log, events=tuple(_moved(event, here, there) for event in log.events))


def _moved(value: Any, here: str, there: str) -> Any:
    if isinstance(value, Place):
        inside = value.file.startswith(here)
        return replace(value, file=there + value.file[len(here) :]) if inside else value
    if isinstance(value, tuple):
        return tuple(_moved(item, here, there) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: _moved(getattr(value, f.name), here, there) for f in fields(value)}
        return replace(value, **changes)
    return value
