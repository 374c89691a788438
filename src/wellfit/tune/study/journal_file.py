"""A journal in a file, on one machine.

Any program that reads Optuna's journals can read it. Written here, it outlives what Optuna's own writer does not: the
lock goes away with the process that held it, and a line that a killed process left half written is cut off by the next
one, instead of making the file unreadable.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wellfit.errors import UsageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_CHUNK = 1 << 16
"""Bytes that are read at once from the end of the file, to find where its last whole line ends."""


class JournalFile:
    """The lines of a file.

    Args:
        path: of the file, which exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0  # offset behind the last line that was given
        self._number = -1  # of the open file, while it is locked

    @property
    def where(self) -> str:
        """The file."""
        return str(self._path)

    def rewind(self) -> None:
        """Begin with the first line again."""
        self._at = 0

    def new(self) -> Iterator[bytes]:
        """Whole lines behind those that were given by now."""
        if self._path.stat().st_size <= self._at:
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            for line in file:
                if not line.endswith(b"\n"):  # somebody is writing it, or was killed there
                    break
                self._at += len(line)
                yield line

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait for the lock of the file, and make its end whole.

        Raises:
            UsageError: it cannot be written.
        """
        try:
            self._number = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            with _lock(self._number, self._path):
                _mend(self._number)
                yield
        finally:
            os.close(self._number)  # lets go of the lock
            self._number = -1

    def add(self, lines: Sequence[str], *, lasts: bool) -> Sequence[str | bytes]:
        """Add lines behind whatever others have written; see `Lines.add`.

        Raises:
            UsageError: they cannot be written.
        """
        with self.locked():
            found = list(self.new())
            self.append(lines, lasts=lasts)
        return [*found, *lines]

    def append(self, lines: Sequence[str], *, lasts: bool) -> None:
        """Add lines, all or none; see `Lines.append`.

        Raises:
            UsageError: they cannot be written.
        """
        data = "".join(f"{line}\n" for line in lines).encode()
        size = os.fstat(self._number).st_size
        end = size + len(data)
        try:
            while data:
                data = data[os.write(self._number, data) :]
            if lasts:
                os.fsync(self._number)
        except OSError as error:
            os.ftruncate(self._number, size)
            raise self._unwritable(error) from None
        self._at = end

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(f"the study in {self._path.parent} cannot be written: {error.strerror or error}")


@contextmanager
def _lock(number: int, path: Path) -> Iterator[None]:
    """Wait until nobody else writes: by the system's lock, and by a file beside it where the system has none."""
    try:
        if fcntl is None:
            raise OSError  # noqa: TRY301 - the same way out as on a file system without locks
        fcntl.flock(number, fcntl.LOCK_EX)
    except OSError:
        from optuna.storages.journal import JournalFileOpenLock

        lock = JournalFileOpenLock(str(path))
        lock.acquire()
        try:
            yield
        finally:
            lock.release()
        return
    yield


def _mend(number: int) -> None:
    """Cut off what a killed writer left behind the last whole line, or end that line where only its end is missing."""
    size = os.fstat(number).st_size
    if size == 0 or _tail(number, size - 1) == b"\n":
        return
    start, tail = size, b""
    while start > 0 and b"\n" not in tail:
        start = max(0, start - _CHUNK)
        tail = _tail(number, start)
    last = tail[tail.rfind(b"\n") + 1 :]
    try:
        json.loads(last)
    except ValueError:
        os.ftruncate(number, size - len(last))
    else:
        os.write(number, b"\n")


def _tail(number: int, start: int) -> bytes:
    os.lseek(number, start, os.SEEK_SET)
    found = b""
    while part := os.read(number, _CHUNK):
        found += part
    return found
