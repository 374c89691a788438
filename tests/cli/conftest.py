"""Runs the command line as users do: as a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest


class Shell:
    """A folder, and the commands that are run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        """Write a file of the user's program."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, changes: Mapping[str, str] | None = None) -> dict[str, str]:
        """A plain terminal's environment, without the user's own configuration of git."""
        kept = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "NO_COLOR", "PYTHONPATH")}
        plain = {"OMP_NUM_THREADS": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        return {**kept, **plain, **(changes or {})}

    def start(self, *words: str, python: tuple[str, ...] = (), **changes: str) -> "subprocess.Popen[str]":
        """Start `wellfit` with these words."""
        return subprocess.Popen(
            [sys.executable, *(python or ("-m", "wellfit")), *words],
            cwd=self.folder,
            env=self.environment(changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, python: tuple[str, ...] = (), **changes: str) -> "subprocess.CompletedProcess[str]":
        """Run `wellfit` with these words to its end."""
        process = self.start(*words, python=python, **changes)
        stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def git(self, *words: str) -> str:
        """What git says in the folder."""
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        said = subprocess.run(
            ["git", *identity, *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return said.stdout.strip()

    def commit(self, **files: str) -> str:
        """Make the folder a repository of one commit: Python files by module name, nothing else that lies there."""
        self.git("init", "-q")
        for name, text in files.items():
            self.write(f"{name}.py", text)
            self.git("add", f"{name}.py")
        self.git("commit", "-qm", "first")
        return self.git("rev-parse", "HEAD")

    def report(self, name: str = "report.json") -> dict[str, Any]:
        """A JSON report that a run wrote to the folder."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def make_shell() -> type[Shell]:
    return Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)
