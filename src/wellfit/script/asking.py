"""Asks a script which options it takes, by a child that parses the command line and ends there."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.model.option import DeclaredOption
from wellfit.model.plain import build
from wellfit.model.run import WatchSettings
from wellfit.script.command import Command
from wellfit.script.launch import armed_environment
from wellfit.script.variables import PARSERS_VARIABLE

LIMIT_S = 120.0
"""For all that a script does before it parses: imports, mostly."""

MOST_BYTES = 4 * 2**20


def ask_options(
    command: Command,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    limit_s: float = LIMIT_S,
) -> tuple[DeclaredOption, ...]:
    """The options that a script takes; it runs up to where it has parsed them, silently, and no further.

    A script that parses nothing runs until a model is called for the first time. A command that its parser refuses, as
    where an argument is missing, tells all the same. Of sub-commands, click tells those that the command names,
    argparse all.

    Args:
        command: as it would be run.
        folder: absolute working folder; None takes ours.
        environment: variables besides ours, or in place of them.
        limit_s: seconds after which it is ended.

    Returns:
        options in the order of the parsers; none where it called no parser.

    Raises:
        UsageError: the program cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="wellfit-", ignore_cleanup_errors=True) as place:
        file = Path(place).resolve() / "options.json"
        armed = armed_environment({**os.environ, **(environment or {})}, WatchSettings(str(file.parent)))
        _run(command, {**armed, PARSERS_VARIABLE: str(file)}, folder, limit_s)
        return _read(file)


def _run(command: Command, environment: Mapping[str, str], folder: Path | None, limit_s: float) -> None:
    silent = subprocess.DEVNULL
    try:
        child = subprocess.Popen(  # noqa: S603 - the user's own command
            list(command.words),
            env=environment,
            cwd=folder,
            stdin=silent,
            stdout=silent,
            stderr=silent,
            start_new_session=True,  # ended with all that it started
        )
    except OSError as error:
        raise UsageError(f"cannot start {command.words[0]}: {error.strerror or error}") from error
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(limit_s)
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def _read(file: Path) -> tuple[DeclaredOption, ...]:
    try:
        with file.open("rb") as opened:
            plain = json.loads(opened.read(MOST_BYTES))
    except (OSError, ValueError):
        return ()
    return tuple(build(DeclaredOption, option) for option in plain)
