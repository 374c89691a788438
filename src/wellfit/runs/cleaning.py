"""Removes runs, and what killed processes have left of them."""

import os
import shutil
import time
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.runs.alive import life_of
from wellfit.runs.store import PART, Store

_GONE = ".gone-"
_OLD_S = 3600.0
"""Age from which a folder that was never completed belongs to nobody, where no lock tells."""


def remove_run(store: Store, word: str) -> None:
    """Remove a run with all its files; first in one step from among the runs, then file by file.

    Args:
        store: that it lies in.
        word: as `Store.find` takes it.

    Raises:
        UsageError: no run is called so, or more than one; it is still running, or cannot be removed.
    """
    folder = store.find(word)
    if life_of(folder) == "alive":
        raise UsageError(f"{folder.name} is running")
    gone = folder.with_name(f"{_GONE}{folder.name}")
    try:
        os.rename(folder, gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise UsageError(f"{folder.name} cannot be removed: {error.strerror}") from error


def leftovers(store: Store) -> list[Path]:
    """Folders that no run will ever claim: begun or removed by processes that were killed on the way."""
    return [
        folder
        for day in store.days()
        for folder in sorted(day.iterdir())
        if folder.name.startswith(_GONE) or (folder.name.startswith(PART) and _is_abandoned(folder))
    ]


def remove_leftover(folder: Path) -> None:
    """Remove what `leftovers` named; what cannot be removed stays."""
    shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    life = life_of(folder)
    try:
        age_s = time.time() - folder.stat().st_mtime
    except OSError:  # it has got its name, or is gone
        return False
    return life == "dead" or (life == "unknown" and age_s > _OLD_S)
