"""Runs a program twice, plainly and watched, so that tests can compare what came out."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_LAUNCHER = """
import dataclasses, json, sys
from wellfit.model.run import WatchSettings
from wellfit.script.launch import launch
result, folder, steps, *command = sys.argv[1:]
outcome = launch(command, WatchSettings(folder, steps=int(steps) or None))
open(result, "w").write(json.dumps(dataclasses.asdict(outcome)))
"""


@dataclass(frozen=True)
class Ran:
    """What one run printed and how it ended; `outcome` only where it was watched."""

    stdout: bytes
    stderr: bytes
    exit_code: int
    outcome: Mapping[str, object]
    markers: tuple[str, ...] = ()

    @property
    def seen(self) -> tuple[bytes, bytes, int]:
        """Everything that the user could tell apart."""
        return self.stdout, self.stderr, self.exit_code


class Twice:
    """Writes programs to a folder and runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "program"
        self.folder.mkdir()
        self._logs = folder / "logs"
        self._logs.mkdir()
        self._result = folder / "outcome.json"
        (folder / "launcher").mkdir()
        self._launcher = folder / "launcher" / "launcher.py"
        self._launcher.write_text(_LAUNCHER)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the user's program."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def watched_command(self, command: Sequence[str], *, steps: int = 0) -> list[str]:
        """The command line of a process that launches the command and waits."""
        return [sys.executable, "-I", str(self._launcher), str(self._result), str(self._logs), str(steps), *command]

    def outcome(self) -> Mapping[str, object]:
        """How the last watched run ended."""
        return json.loads(self._result.read_text())

    def markers(self) -> tuple[str, ...]:
        """What the armed processes said, without their process ids."""
        lines = (self._logs / "processes.log").read_text().splitlines()
        return tuple(" ".join([line.split()[0], *line.split()[2:]]) for line in lines)

    def plainly(self, *command: str, **options: object) -> Ran:
        """Run without us."""
        ran = self._run(list(command), **options)
        return Ran(ran.stdout, ran.stderr, ran.returncode, {})

    def watched(self, *command: str, steps: int = 0, **options: object) -> Ran:
        """Run under the launcher; the exit code is the child's."""
        ran = self._run(self.watched_command(command, steps=steps), **options)
        assert ran.returncode == 0, ran.stderr.decode()
        outcome = self.outcome()
        markers = self.markers() if outcome["armed"] else ()
        return Ran(ran.stdout, ran.stderr, int(str(outcome["exit_code"])), outcome, markers)

    def both(self, *command: str, **options: object) -> tuple[Ran, Ran]:
        """Run plainly, then watched."""
        return self.plainly(*command, **options), self.watched(*command, **options)

    def _run(
        self, command: list[str], *, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", **(env or {})}
        return subprocess.run(
            command, cwd=self.folder, input=stdin, env=environment, capture_output=True, timeout=120, check=False
        )


@pytest.fixture
def twice(tmp_path: Path) -> Twice:
    return Twice(tmp_path)


@pytest.fixture
def python() -> Callable[..., tuple[str, ...]]:
    """The command that runs this Python."""
    return lambda *words: (sys.executable, *words)
