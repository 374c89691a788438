"""Which files the program reads, by the interpreter's own audit of `open`."""

import os
import stat
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

from wellfit.model.events.retrace import FileRead

MOST_FILES = 500
"""Files that are written down."""

_CODE = (".py", ".pyc", ".so", ".pth")


def note_files(root: str, emit: Callable[[object], None]) -> None:
    """Tell of each file that is opened for reading from here on, once; not of installed code, nor of what lies in root.

    Args:
        root: absolute folder that was made for this run, links followed.
        emit: is given the events.
    """
    installed = tuple(os.path.realpath(path) + os.sep for path in sysconfig.get_paths().values())
    passed_over = (*installed, root + os.sep, "/proc/", "/sys/", "/dev/")
    seen: set[str] = set()
    inside = False

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal inside
        if event != "open" or inside or not _reads(arguments) or len(seen) >= MOST_FILES:
            return
        inside = True  # the log is opened, too
        try:
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if path not in seen and not path.endswith(_CODE) and not path.startswith(passed_over):
                seen.add(path)
                _tell(path, emit)
        except OSError:
            pass  # a file that is not there
        finally:
            inside = False

    sys.addaudithook(hear)


def _reads(arguments: tuple[Any, ...]) -> bool:
    path, _, flags = arguments
    return isinstance(path, (str, bytes)) and isinstance(flags, int) and flags & os.O_ACCMODE == os.O_RDONLY


def _tell(path: str, emit: Callable[[object], None]) -> None:
    about = os.stat(path)
    if stat.S_ISREG(about.st_mode):
        emit(FileRead(path, max(about.st_mtime, about.st_ctime)))
