"""Folders among the temporary files that processes left which could not clean up: who was killed, say."""

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wellfit.runs.alive import life_of

YOUNG_S = 60.0
"""Seconds in which a folder is left alone: its owner may be about to lock it, and a look would be in the way."""


def sweep(prefix: str, spared: Callable[[Path], bool] = lambda _: False) -> None:
    """Remove the folders whose owner held a lock in them and is gone; never fails.

    Folders of other users, without a lock, and on file systems without locks stay.

    Args:
        prefix: that their names begin with.
        spared: whether one stays all the same.
    """
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
            with contextlib.suppress(OSError):
                if _is_ours_and_old(folder) and life_of(folder) == "dead" and not spared(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def _is_ours_and_old(folder: Path) -> bool:
    found = folder.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
    return is_ours and time.time() - found.st_mtime > YOUNG_S
