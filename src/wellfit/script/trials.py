"""The asking side of trial runs: has a server fork one run after the other, and ends what runs too long."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wellfit.errors import ProofError
from wellfit.script.variables import NURSERY_VARIABLE

LONGEST_START_S = 120.0
"""Seconds until torch must be imported."""

LONGEST_IMPORTS_S = 600.0
"""Seconds until all imports that are made ahead must be over; a single one that takes long is ended before."""

LONGEST_END_S = 2.0
"""Seconds that the server has to end by itself."""

LOOK_S = 0.1
"""Seconds between two looks of who may want a trial ended before its time."""


@dataclass(frozen=True, slots=True)
class TrialEnd:
    """How one trial ended.

    Args:
        exit_code: negative for death by that signal; None where it was ended for its time.
    """

    exit_code: int | None
    elapsed_s: float


class Nursery:
    """A server that forks trial runs; a context manager that leaves no process behind.

    Args:
        words: program and arguments of the script, Python's own first.
        folder: where it runs.
        environment: of the server; each trial may add to it.
        output: absolute path of the file for what the server itself says.
    """

    def __init__(self, words: Sequence[str], folder: str, environment: Mapping[str, str], output: str) -> None:
        child_reads, self._requests = os.pipe()
        self._replies, child_writes = os.pipe()
        try:
            with open(output, "ab") as stream:
                self._server = subprocess.Popen(  # noqa: S603 - the user's own command
                    list(words),
                    cwd=folder,
                    env={**environment, NURSERY_VARIABLE: f"{child_reads},{child_writes}"},
                    pass_fds=(child_reads, child_writes),
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    start_new_session=True,  # an interrupt from the terminal is ours to handle
                )
        except OSError as error:
            raise ProofError(f"cannot start {words[0]}: {error.strerror or error}") from error
        finally:
            os.close(child_reads)
            os.close(child_writes)
        self._buffer = b""
        self._running: int | None = None

    def __enter__(self) -> "Nursery":  # noqa: PYI034 - `Self` is of Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self._end_trial()
        for descriptor in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._server.wait(LONGEST_END_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()

    def wait_until_ready(self) -> None:
        """Return once torch is imported.

        Raises:
            ProofError: it never is.
        """
        self._read(time.monotonic() + LONGEST_START_S)

    def import_ahead(self, root: str, copy: str, allowed: Sequence[str], notes: str | None = None) -> None:
        """Have modules imported that the following runs need not import then.

        They are those that the script begins with, or those that a run has noted. One that leaves threads, open files,
        a device or another trace behind, which forks would share, is left to the runs.

        Args:
            root: absolute folder of the user, which is never written to.
            copy: absolute folder that imports may write to.
            allowed: more of them.
            notes: absolute path of the file that a run has noted its imports in; None for those that the script begins
                with.

        Raises:
            ProofError: the server has died, or does not come to an end.
        """
        self._ask({"ahead": {"root": root, "copy": copy, "allowed": list(allowed), "notes": notes}})
        try:
            self._read(time.monotonic() + LONGEST_IMPORTS_S)
        except TimeoutError as error:
            raise ProofError(f"importing what the script imports took more than {LONGEST_IMPORTS_S:.0f} s") from error

    def run(  # noqa: PLR0913 - what makes a run what it is
        self,
        environment: Mapping[str, str],
        output: str,
        *,
        limit_s: float,
        notes: str | None = None,
        arguments: Sequence[str] | None = None,
        enough: Callable[[], bool] | None = None,
    ) -> TrialEnd:
        """Run one trial to its end.

        Args:
            environment: added to the server's.
            output: absolute path of the file for what the script prints.
            limit_s: seconds after which it is killed, with all processes that it started.
            notes: absolute path of the file for the imports that it makes until its first optimizer step; None where
                nobody wants to know.
            arguments: of the script, in place of those that the server was started with; None leaves these.
            enough: is asked a few times a second; the trial is killed once it says so.

        Raises:
            ProofError: the server has died.
        """
        started = time.monotonic()
        given = None if arguments is None else list(arguments)
        self._ask({"environment": dict(environment), "output": output, "notes": notes, "arguments": given})
        self._running = int(self._read(started + LONGEST_START_S)["pid"])
        try:
            exit_code = self._wait(started + limit_s, enough)["exit_code"]
        except TimeoutError:
            self._end_trial()
            self._read(time.monotonic() + LONGEST_START_S)
            exit_code = None
        finally:
            self._end_trial()
        return TrialEnd(exit_code, time.monotonic() - started)

    def _wait(self, deadline: float, enough: Callable[[], bool] | None) -> dict[str, Any]:
        """The word that the trial has ended."""
        while enough is not None and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                return self._read(min(deadline, time.monotonic() + LOOK_S))
            if enough():
                raise TimeoutError
        return self._read(deadline)

    def _ask(self, request: Mapping[str, Any]) -> None:
        try:
            os.write(self._requests, (json.dumps(request) + "\n").encode())
        except OSError as error:
            raise ProofError("the process that runs the trials has ended") from error

    def _end_trial(self) -> None:
        """Kill the group of the trial: what it started may outlive it."""
        pid, self._running = self._running, None
        if pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._replies], [], [], left)[0]:
                raise TimeoutError
            received = os.read(self._replies, 4096)
            if not received:
                raise ProofError("the process that runs the trials has ended")
            self._buffer += received
        line, self._buffer = self._buffer.split(b"\n", 1)
        reply: dict[str, Any] = json.loads(line)
        return reply
