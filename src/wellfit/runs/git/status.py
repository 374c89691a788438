"""Reads what `git status` and `git ls-files` say of a working tree."""

from dataclasses import dataclass

from wellfit.runs.git.call import text_of

STATUS = (
    "status",
    "--porcelain=v2",
    "--branch",
    "-z",
    "--untracked-files=all",
    "--ignore-submodules=none",
    "--no-renames",
    "--no-ahead-behind",  # it would walk the history
)

TRACKED = ("ls-files", "-z", "-v", "-s", "--full-name", ":/")

_GITLINK = "160000"
_FIELDS = {"1": 8, "u": 10}
"""Fields of a line before its path, by kind; see `git help status`, porcelain format version 2."""


@dataclass(frozen=True, slots=True)
class Status:
    """A working tree beside its commit.

    Args:
        commit: hex digits; None where there is none yet.
        branch: None where HEAD is detached.
        staged: paths that differ between commit and index.
        unstaged: paths that differ between index and working tree, submodules with changes of their own aside.
        unmerged: paths that a merge has left in conflict.
        untracked: paths that are neither tracked nor ignored; a repository within ends with `/`.
        submodules: of those that differ from their commit, git's four letters by path: `SCMU`.
    """

    commit: str | None
    branch: str | None
    staged: tuple[str, ...]
    unstaged: tuple[str, ...]
    unmerged: tuple[str, ...]
    untracked: tuple[str, ...]
    submodules: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the index knows and `git status` does not tell.

    Args:
        submodules: commit in the index by path.
        hidden: paths whose changes git was told to overlook: assumed unchanged, or skipped in the working tree.
    """

    submodules: dict[str, str]
    hidden: tuple[str, ...]


def read_status(said: bytes) -> Status:
    """Read the answer to `STATUS`.

    Raises:
        ValueError: it is of another form.
    """
    entries = [text_of(part) for part in said.split(b"\0") if part]
    heads = dict(entry.split(" ", 2)[1:] for entry in entries if entry.startswith("# branch."))
    changes = [_change(entry) for entry in entries if entry[0] in _FIELDS]
    commit, branch = heads.get("branch.oid"), heads.get("branch.head")
    return Status(
        None if commit == "(initial)" else commit,
        None if branch == "(detached)" else branch,
        tuple(path for kind, xy, _, path in changes if kind != "u" and xy[0] != "."),
        tuple(path for kind, xy, sub, path in changes if kind != "u" and xy[1] != "." and sub[:2] != "S."),
        tuple(path for kind, _, _, path in changes if kind == "u"),
        tuple(entry[2:] for entry in entries if entry.startswith("? ")),
        {path: sub for _, _, sub, path in changes if sub.startswith("S")},
    )


def read_tracked(said: bytes) -> Tracked:
    """Read the answer to `TRACKED`.

    Raises:
        ValueError: it is of another form.
    """
    submodules, hidden = {}, []
    for entry in said.split(b"\0"):
        if not entry or entry.startswith((b"H 100", b"H 120")):  # plain files, nearly all
            continue
        marks, path = text_of(entry).split("\t", 1)
        tag, mode, commit, _ = marks.split(" ")
        if mode == _GITLINK:
            submodules[path] = commit
        elif tag == "S" or tag.islower():
            hidden.append(path)
    return Tracked(submodules, tuple(hidden))


def _change(entry: str) -> tuple[str, str, str, str]:
    """Kind, two letters of change, submodule's letters, path."""
    fields = entry.split(" ", _FIELDS[entry[0]])
    return fields[0], fields[1], fields[2], fields[-1]
