"""The repositories within a working tree."""

from collections.abc import Mapping
from pathlib import Path

from wellfit.errors import GitError
from wellfit.model.record import Submodule
from wellfit.runs.git.call import ask, text_of

_ASKED = 50
"""Moved submodules whose commit is looked up, a call each; more is a workspace of repositories and no project."""


def list_submodules(root: Path, indexed: Mapping[str, str], touched: Mapping[str, str]) -> tuple[Submodule, ...]:
    """The submodules of a working tree.

    Args:
        root: its folder.
        indexed: commit in the index by path.
        touched: git's four letters by path, of those that differ from their commit.
    """
    moved = [path for path, letters in sorted(touched.items()) if letters[1] == "C"][:_ASKED]
    commits = {**indexed, **{path: _head(root / path) for path in moved}}
    return tuple(
        Submodule(
            path,
            commit if (root / path / ".git").exists() else None,
            dirty=any(letter in touched.get(path, "") for letter in "MU"),
        )
        for path, commit in sorted(commits.items())
    )


def _head(folder: Path) -> str | None:
    try:
        return text_of(ask(folder, "rev-parse", "HEAD")).strip()
    except GitError:
        return None
