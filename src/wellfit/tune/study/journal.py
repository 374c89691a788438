"""The file that a study is kept in on one machine: each change is a line of JSON, appended under a lock.

It is Optuna's journal, and any program that reads one can read it. Written here, it outlives what Optuna's own writer
does not: the lock goes away with the process that held it, and a line that a killed process left half written is cut
off by the next one, instead of making the file unreadable. Several changes can be one write.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wellfit.errors import UsageError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_CHUNK = 1 << 16
"""Bytes that are read at once from the end of the file, to find where its last whole line ends."""

_LASTING = frozenset({2, 6})
"""Changes that must outlive a loss of power, by their number in the journal: attributes of the study, and the ends of
trials. What comes before them goes to the disk with them; the rest may wait, for a killed process loses none of it."""

Log = dict[str, Any]


class JournalFile:
    """What Optuna's journal storage reads from and appends to.

    Args:
        path: of the file, which exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = self._at = 0  # lines that were read, and the offset behind the last of them in the file
        self._kept: list[bytes] | None = None  # lines of a group that is not written yet
        self._kept_read = 0
        self._kept_lasts = False

    def read_logs(self, log_number_from: int) -> Iterator[Log]:
        """Changes from a number on.

        Args:
            log_number_from: >= 0.

        Raises:
            UsageError: a line is damaged.
        """
        if log_number_from != self._read:
            self._read = self._at = self._kept_read = 0
        for line in self._new_lines():
            self._read += 1  # before the reader has the line: it counts those that it could not apply, too
            if self._read > log_number_from:
                yield self._parse(line)

    def _new_lines(self) -> Iterator[bytes]:
        if self._path.stat().st_size > self._at:
            with self._path.open("rb") as file:
                file.seek(self._at)
                for line in file:
                    if not line.endswith(b"\n"):  # somebody is writing it, or was killed there
                        break
                    self._at += len(line)
                    yield line
        while self._kept is not None and self._kept_read < len(self._kept):
            self._kept_read += 1
            yield self._kept[self._kept_read - 1]

    def _parse(self, line: bytes) -> Log:
        try:
            log = json.loads(line)
            if isinstance(log["op_code"], int) and isinstance(log["worker_id"], str):
                return dict(log)
        except (ValueError, KeyError, TypeError):
            pass
        raise UsageError(
            f"the study cannot be read: line {self._read:,} of {self._path} is damaged. Nothing was changed: put a copy"
            " of the file back, or begin another search; the record of each trial is kept in any case (`wellfit runs`)"
        )

    def append_logs(self, logs: Sequence[Mapping[str, Any]]) -> None:
        """Add changes.

        Args:
            logs: that JSON can hold.

        Raises:
            UsageError: the file cannot be written.
        """
        lines = [json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs]
        lasts = any(log["op_code"] in _LASTING for log in logs)
        if self._kept is not None:
            self._kept += lines
            self._kept_lasts |= lasts
            return
        with self._locked() as number:
            self._write(number, lines, lasts=lasts)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have all changes of the block written as one, at its end; nobody else writes in between."""
        if self._kept is not None:  # the outer block writes
            yield
            return
        with self._locked() as number:
            self._kept, self._kept_read, self._kept_lasts = [], 0, False
            try:
                yield
            finally:
                lines, self._kept = self._kept, None
                if lines:
                    self._write(number, lines, lasts=self._kept_lasts)
                    self._at += sum(map(len, lines[: self._kept_read]))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The open file, locked, its end made whole."""
        try:
            number = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            with _lock(number, self._path):
                _mend(number)
                yield number
        finally:
            os.close(number)  # lets go of the lock

    def _write(self, number: int, lines: Sequence[bytes], *, lasts: bool) -> None:
        size, data = os.fstat(number).st_size, b"".join(lines)
        try:
            while data:
                data = data[os.write(number, data) :]
            if lasts:
                os.fsync(number)
        except OSError as error:
            os.ftruncate(number, size)
            raise self._unwritable(error) from None

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
