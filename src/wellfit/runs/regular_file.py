"""Reads files of a run's folder, which may have come from a stranger: no links, pipes or devices, and only so much."""

import os
import stat
from pathlib import Path


def read_regular(file: Path, most: int) -> bytes:
    """The bytes of a regular file.

    Args:
        file: that is no link.
        most: bytes that are taken from it.

    Raises:
        OSError: there is none, it is something else than a regular file, or it is larger.
    """
    content = read_beginning(file, most + 1)
    if len(content) > most:
        raise OSError(0, f"it is larger than {most:,} bytes")
    return content


def read_beginning(file: Path, most: int) -> bytes:
    """The first bytes of a regular file.

    Args:
        file: that is no link.
        most: bytes that are read.

    Raises:
        OSError: there is none, or it is something else than a regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(file, flags), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError(0, "it is no regular file")
        return opened.read(most)
