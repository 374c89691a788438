"""Tells whether a run's recording process lives, by a lock that the system lets go of with the process."""

import contextlib
import os
from pathlib import Path
from typing import Literal

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = "alive.lock"

Life = Literal["alive", "dead", "unknown"]


class AliveLock:
    """Held for as long as its process lives.

    A forked child that keeps its parent's open files keeps the lock as well: its run counts as alive until it ends.

    Args:
        folder: of the run; the lock lies in it.
    """

    def __init__(self, folder: Path) -> None:
        self._number: int | None = None
        if fcntl is None:
            return
        number = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # a file system without locks: then there must be no file that tells of one
            os.close(number)
            with contextlib.suppress(OSError):
                (folder / LOCK).unlink()
            return
        self._number = number

    def release(self) -> None:
        """Let go of it; once it is free, a record that says running is that of a killed run."""
        if self._number is not None:
            os.close(self._number)
            self._number = None


def life_of(folder: Path) -> Life:
    """Whether the process that records in a folder lives; unknown where the file system has no locks."""
    if fcntl is None:
        return "unknown"
    try:
        number = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return "unknown"
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who look do not take each other for the run
    except BlockingIOError:
        return "alive"
    except OSError:
        return "unknown"
    finally:
        os.close(number)
    return "dead"
