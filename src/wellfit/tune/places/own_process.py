"""A process that we start: it says its reasons on standard error, and ends where we do."""

import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

LONGEST_END_S = 10.0
"""Seconds that processes have to end what they are at when it is over for us."""

LAST_BYTES = 1 << 16
"""Of what a process said, that are looked through for its last line."""


class OwnProcess:
    """One that runs.

    Args:
        words: that start it.
        folder: absolute working folder.
        variables: of its environment besides ours; what may be secret stands there and on no command line.
    """

    def __init__(self, words: Sequence[str], folder: str, variables: Mapping[str, str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process; a pipe would fill up
        self._process = Popen(  # noqa: S603 - ourselves
            words,
            env={**os.environ, **variables},
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


def end_processes(processes: Sequence[OwnProcess], longest_s: float = LONGEST_END_S) -> None:
    """End those that still run, by an interrupt first.

    Args:
        processes: to end.
        longest_s: seconds until those are killed that have not ended, >= 0.
    """
    for process in processes:
        process.interrupt()
    deadline = time.monotonic() + longest_s
    for process in processes:
        if process.exit_code(max(0.1, deadline - time.monotonic())) is None:
            process.kill()


def starter_is_gone() -> Callable[[], bool]:
    """Within such a process: what tells whether the pipe from who started it has been closed."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # a worker of Ray has it blocked, and so its children
    gone = threading.Event()

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1 << 12):  # no buffer: one that is being read aborts the interpreter's end
            pass
        gone.set()

    threading.Thread(target=wait, daemon=True).start()
    return gone.is_set
