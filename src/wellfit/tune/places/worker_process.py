"""A worker as a process that we start: with its share of the machine, ending where we do."""

import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

from wellfit.tune.study.storage import STUDY_VARIABLE

LONGEST_END_S = 10.0
"""Seconds that workers have to end their trials when the search is over for us."""

LAST_BYTES = 1 << 16
"""Of what a worker said, that are looked through for its last line."""


class WorkerProcess:
    """One that runs.

    Args:
        name: of the study.
        folder: absolute working folder of the search.
        place: of the study; it stands in the environment alone, for it may hold a password.
        number: from 0, another one for each worker of a search.
        share: variables that say which part of the machine is its own.
    """

    def __init__(self, name: str, folder: str, place: str, number: int, share: Mapping[str, str]) -> None:
        words = [sys.executable, "-m", "wellfit", "worker", "--name", name, "--stream", str(number + 1)]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process; a pipe would fill up
        self._process = Popen(  # noqa: S603 - ourselves
            [*words, "--with-parent"],
            env={**os.environ, **share, STUDY_VARIABLE: place},
            cwd=folder,
            stdin=PIPE,  # its end tells it that we are gone
            stdout=DEVNULL,
            stderr=self._said,
            start_new_session=True,  # an interrupt from the terminal is ours to handle
        )

    def exit_code(self, wait_s: float = 0.0) -> int | None:
        """None while it runs.

        Args:
            wait_s: seconds that it is waited for, at most.
        """
        with contextlib.suppress(TimeoutExpired):
            return self._process.wait(wait_s) if wait_s else self._process.poll()
        return None

    def last_line(self) -> str:
        """What it said last."""
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - LAST_BYTES))
        lines = [line for line in self._said.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1].removeprefix("wellfit: ") if lines else "it said nothing"

    def interrupt(self) -> None:
        """Ask it to end what it is at."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def end_workers(workers: Sequence[WorkerProcess]) -> None:
    """End those that still run, by an interrupt first; what they were at is tried again by others."""
    for worker in workers:
        worker.interrupt()
    deadline = time.monotonic() + LONGEST_END_S
    for worker in workers:
        if worker.exit_code(max(0.1, deadline - time.monotonic())) is None:
            worker.kill()
