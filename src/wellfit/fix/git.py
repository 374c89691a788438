"""Asks git whether a file holds work that is not committed."""

import os
import subprocess
from pathlib import Path

TIMEOUT_S = 10.0
"""After which git, on a slow network drive perhaps, is not waited for."""
_OF_ANOTHER_CALL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git hands to its hooks: it would make the question one about another repository."""


def why_dirty(file: Path) -> str | None:
    """Why writing a file may mix with uncommitted work; None where it is committed, or git does not know its folder."""
    try:
        answer = _ask(file)
    except FileNotFoundError:
        return None
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"git did not say whether it is committed: {error}"
    if answer.returncode:
        unknown = b"not a git repository" in answer.stderr
        return None if unknown else f"git did not say whether it is committed: {_first_line(answer.stderr)}"
    if answer.stdout.startswith(b"??"):
        return "git does not know it yet"
    return "it has changes that are not committed" if answer.stdout.strip() else None


def _ask(file: Path) -> "subprocess.CompletedProcess[bytes]":
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_CALL}
    command = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", "status", "--porcelain", "--", file.name)
    return subprocess.run(  # noqa: S603 - a fixed command; the file's name stands behind --
        command,
        cwd=file.parent,
        env={**environment, "LC_ALL": "C"},
        capture_output=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def _first_line(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip().partition("\n")[0]
