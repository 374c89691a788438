"""The append-only event log of one process, flushed line by line."""

import os
from pathlib import Path

from wellfit.model.codec import encode
from wellfit.model.events.run import Armed

BYTE_BUDGET = 4_500_000
"""Bytes after which only the totals are still written: a log stays a file one can mail."""


class Recorder:
    """Writes events; opens its file with the first one, so that a process that never trains leaves none.

    Args:
        log_dir: folder of the log.
        rank: of a distributed run, else 0; part of the file's name.
        first: written before everything else.
    """

    def __init__(self, log_dir: str, rank: int, first: Armed) -> None:
        self._path = Path(log_dir) / f"events-{rank}-{os.getpid()}.jsonl"
        self._first = first
        self._file: int | None = None
        self._written_bytes = 0

    def write(self, event: object, *, always: bool = False) -> None:
        """Append one event as one line, in one system call: a killed process leaves whole lines."""
        if self._written_bytes > BYTE_BUDGET and not always:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self.write(self._first)
        line = (encode(event) + "\n").encode("utf-8", "backslashreplace")
        self._written_bytes += os.write(self._file, line)
