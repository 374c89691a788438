"""Runs the user's command as an armed child, and waits."""

import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellfit.errors import UsageError
from wellfit.model.run import WATCH_VARIABLE, Outcome, WatchSettings
from wellfit.script.child import MARKERS_VARIABLE
from wellfit.script.markers import read_markers
from wellfit.script.signals import passing_signals
from wellfit.script.variables import HEAR, PARSERS_VARIABLE

ARMED_FOLDER = Path(__file__).resolve().parent / "armed"
MARKERS_NAME = "processes.log"
_LOG_NAME = re.compile(r"events-(\d+)-(\d+)\.jsonl")


@dataclass(frozen=True, slots=True)
class Apart:
    """A run that nobody sees.

    Args:
        output: file for what it prints; it has nobody to ask.
        limit_s: seconds after which it is killed.
    """

    output: Path
    limit_s: float


def launch(
    command: Sequence[str],
    settings: WatchSettings,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    apart: Apart | None = None,
) -> Outcome:
    """Run the command to its end with every Python process below it armed.

    Its streams are ours, untouched, unless it runs apart. While it runs, an interrupt from the terminal is the child's
    alone, and a signal that was sent to us only goes on to it.

    Args:
        command: program and arguments.
        settings: where the logs go and how the child is watched; the folder must exist.
        folder: absolute working folder; None takes ours.
        environment: variables besides ours, or in place of them.
        apart: where its output goes; None leaves it our streams.

    Raises:
        UsageError: the program cannot be started.
    """
    started = time.monotonic()
    exit_code = _run(command, armed_environment({**os.environ, **(environment or {})}, settings), folder, apart)
    markers = read_markers(Path(settings.log_dir) / MARKERS_NAME)
    return Outcome(
        exit_code=exit_code,
        armed=bool(markers.armed),
        torch_imported=bool(markers.torch),
        logs=find_logs(Path(settings.log_dir)),
        elapsed_s=time.monotonic() - started,
        errors=markers.errors,
    )


def armed_environment(environment: Mapping[str, str], settings: WatchSettings) -> dict[str, str]:
    """The environment that arms every Python process which inherits it."""
    # An empty item of PYTHONPATH would mean the current folder.
    path = [str(ARMED_FOLDER), *filter(None, [environment.get("PYTHONPATH")])]
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(path),
        WATCH_VARIABLE: settings.to_variable(),
        MARKERS_VARIABLE: str(Path(settings.log_dir) / MARKERS_NAME),
        **({PARSERS_VARIABLE: HEAR} if settings.record else {}),
    }


def find_logs(folder: Path) -> tuple[str, ...]:
    """The event logs of a folder, rank 0 first."""
    if not folder.is_dir():
        return ()
    named = [(match, path) for path in folder.iterdir() if (match := _LOG_NAME.fullmatch(path.name))]
    return tuple(str(path) for match, path in sorted(named, key=lambda n: (int(n[0][1]), int(n[0][2]))))


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None,
    apart: Apart | None,
) -> int:
    try:
        with (
            _streams(apart) as streams,
            passing_signals() as passing,
            subprocess.Popen(list(command), env=environment, cwd=folder, **streams) as child,  # noqa: S603
        ):
            passing.to(child)
            return _wait(child, None if apart is None else apart.limit_s)
    except OSError as error:
        raise UsageError(f"cannot start {command[0]}: {error.strerror or error}") from error


@contextmanager
def _streams(apart: Apart | None) -> Iterator[dict[str, Any]]:
    if apart is None:
        yield {}
        return
    with apart.output.open("wb") as file:
        yield {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file}


def _wait(child: "subprocess.Popen[bytes]", limit_s: float | None) -> int:
    try:
        return child.wait(limit_s)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
