"""Trial runs of a command that starts Python in the end, such as torchrun: each is the whole command."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wellfit.errors import ProofError
from wellfit.script.trials import LONGEST_END_S, LOOK_S, TrialEnd

_HOST = "127.0.0.1"
_KEEPER = Path(__file__).with_name("keeper.py")


class Launched:
    """Stands where a nursery does, for commands that cannot be forked; leaves no process behind.

    Args:
        words: program and arguments of the command.
        count: of its words that the script's own arguments come behind.
        folder: where it runs.
        environment: of each run, which may add to it.
    """

    def __init__(self, words: Sequence[str], count: int, folder: str, environment: Mapping[str, str]) -> None:
        self._words, self._count = tuple(words), count
        self._folder, self._environment = folder, environment

    def __enter__(self) -> "Launched":  # noqa: PYI034 - `Self` is of Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        """No process outlives its run."""

    def wait_until_ready(self) -> None:
        """Nothing is made ready."""

    def import_ahead(self, root: str, copy: str, allowed: Sequence[str], notes: str | None = None) -> None:
        """Nothing is imported ahead: no process is forked."""

    def run(  # noqa: PLR0913 - as that of a nursery
        self,
        environment: Mapping[str, str],
        output: str,
        *,
        limit_s: float,
        notes: str | None = None,  # noqa: ARG002 - what is imported concerns forks alone
        arguments: Sequence[str] | None = None,
        enough: Callable[[], bool] | None = None,
    ) -> TrialEnd:
        """Run the command to its end, with all processes that it starts.

        Args:
            environment: added to that of all runs.
            output: absolute path of the file for what it prints.
            limit_s: seconds after which it is killed, with all processes that it started.
            notes: nobody looks at them.
            arguments: in place of those behind the first words; None leaves these.
            enough: is asked a few times a second; the command is killed once it says so.

        Raises:
            ProofError: the program cannot be started.
        """
        started = time.monotonic()
        words = self._words if arguments is None else (*self._words[: self._count], *arguments)
        with self._keeper(words, {**self._environment, **environment, **free_port()}, output) as keeper:
            exit_code = None
            try:
                while time.monotonic() < started + limit_s:
                    exit_code = _exit_code(keeper, LOOK_S)
                    if exit_code is not None or (enough is not None and enough()):
                        break
            finally:
                _end(keeper)
        return TrialEnd(exit_code, time.monotonic() - started)

    def _keeper(self, words: Sequence[str], environment: Mapping[str, str], output: str) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 - ourselves, and the user's own command
                [sys.executable, "-E", "-S", str(_KEEPER), output, *words],
                cwd=self._folder,
                env=dict(environment),
                stdin=subprocess.PIPE,  # its end tells the keeper that we are gone
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt from the terminal is ours to handle
            )
        except OSError as error:
            raise ProofError(f"cannot start {words[0]}: {error.strerror or error}") from error


def free_port() -> Mapping[str, str]:
    """A port where the processes of one run find each other, for launchers that were told none.

    PET_MASTER_PORT is what torchrun takes where `--master-port` is not given.
    """
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = str(free.getsockname()[1])
    return {"PET_MASTER_PORT": port, "MASTER_PORT": port}


def _exit_code(keeper: "subprocess.Popen[bytes]", wait_s: float) -> int | None:
    """Of the command; None while it runs.

    Raises:
        ProofError: the keeper has died.
    """
    reading = keeper.stdout
    if reading is None or not select.select([reading], [], [], wait_s)[0]:
        return None
    said = os.read(reading.fileno(), 64)
    if not said:
        raise ProofError("the process that runs the command has ended: it could not be started, or was killed")
    return int(said)


def _end(keeper: "subprocess.Popen[bytes]") -> None:
    if keeper.stdin is not None:
        with contextlib.suppress(OSError):
            keeper.stdin.close()
    try:
        keeper.wait(LONGEST_END_S)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
