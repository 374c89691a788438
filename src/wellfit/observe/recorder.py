"""The append-only event log of one process, flushed line by line."""

import errno
import os
from pathlib import Path
from typing import cast

from wellfit.model.codec import encode
from wellfit.model.events.run import Armed
from wellfit.script.child import mark

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
        self._failed = False

    def write(self, *events: object, always: bool = False) -> None:
        """Append each event as one line, all in one system call: a killed process leaves whole lines.

        A log that cannot be written (a full disk, a removed folder) ends there, and the run goes on.
        """
        if not events or self._failed or (self._written_bytes > BYTE_BUDGET and not always):
            return
        try:
            if self._file is None:
                self._file = self._open()
                self._append(self._first)
            self._append(*events)
        except OSError as error:
            self._failed = True
            mark("error", f"the log could not be written: {error.strerror or error}")

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _append(self, *events: object) -> None:
        lines = "".join(encode(event) + "\n" for event in events).encode("utf-8", "backslashreplace")
        written = os.write(cast("int", self._file), lines)
        self._written_bytes += written
        if written < len(lines):
            raise OSError(errno.ENOSPC, "only part of a line fitted")
