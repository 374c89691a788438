"""Captures which code runs: the commit, and all that differs from it."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from wellfit.errors import GitError
from wellfit.model.record import GitState
from wellfit.runs.git.call import TIMEOUT_S, ask, bytes_of, text_of
from wellfit.runs.git.changed import hash_changed
from wellfit.runs.git.patches import write_patches
from wellfit.runs.git.status import STATUS, TRACKED, Status, Tracked, read_status, read_tracked
from wellfit.runs.git.submodules import list_submodules
from wellfit.runs.git.untracked import Untracked, keep_untracked

COPIES = "untracked"
"""Folder of the copies of untracked files, within the record."""

STORE = ".wellfit"
"""Our own folder, which is never captured."""

MOST_CHANGED = 2_000
"""Changed files that are listed on each side; more is a change of line ends or modes."""

_WHERE = ("rev-parse", "--is-shallow-repository", "--show-toplevel")
_REPOSITORY_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What git said of the folder, before anything was kept."""

    root: str
    is_shallow: bool
    status: Status
    tracked: Tracked | None
    notes: list[str] = field(default_factory=list)


def capture(folder: Path, kept_in: Path, *, timeout_s: float = TIMEOUT_S) -> tuple[GitState | None, tuple[str, ...]]:
    """Capture the working tree that a folder lies in; it is left as it is.

    Patches are written to `kept_in` as `staged.patch` and `unstaged.patch`, untracked sources to `untracked/` there.
    They are kept as they are, secrets included: the run could not be repeated without them.

    Args:
        folder: any folder of the working tree.
        kept_in: folder of the record; made where it is missing, readable by its owner only.
        timeout_s: seconds for each call of git, of which the longest chain is three.

    Returns:
        The state, or None where there is none, and what is missing in it, a sentence each. Nothing is raised.
    """
    try:
        seen = _look(folder, timeout_s)
    except GitError as error:
        return None, (f"no commit was recorded: {error}",)
    except ValueError as error:
        return None, (f"no commit was recorded: git answered in a form that is not known ({error})",)
    return _keep(seen, kept_in, timeout_s)


def _look(folder: Path, timeout_s: float) -> _Seen:
    with ThreadPoolExecutor(3) as pool:
        where, status, tracked = (
            pool.submit(ask, folder, *words, timeout_s=timeout_s) for words in (_WHERE, STATUS, TRACKED)
        )
    shallow, root = text_of(where.result()).split("\n", 1)
    notes = [f"{name} of the environment was set aside" for name in _REPOSITORY_VARIABLES if name in os.environ]
    try:
        known = read_tracked(tracked.result())
    except GitError as error:
        known = None
        notes.append(f"submodules were not recorded: {error}")
    return _Seen(root.removesuffix("\n"), shallow == "true", read_status(status.result()), known, notes)


def _keep(seen: _Seen, kept_in: Path, timeout_s: float) -> tuple[GitState, tuple[str, ...]]:
    root, status = Path(os.fsdecode(bytes_of(seen.root))), seen.status
    paths = _others(status.untracked, root, kept_in)
    try:
        kept_in.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        unkept = (f"the changes since the commit were not kept: {error.strerror}",)
        return _state(seen, root, Untracked(left_out=len(paths)), kept=False), (*_notes(seen, root), *unkept)
    losses = write_patches(root, status, kept_in, timeout_s)
    untracked = keep_untracked(seen.root, paths, os.fsencode(kept_in / COPIES))
    state = _state(seen, root, untracked, kept=not losses)
    if not losses:
        state = replace(state, hashes=hash_changed(root, (*state.staged, *state.unstaged)))
    return state, (*_notes(seen, root), *losses, *untracked.notes)


def _state(seen: _Seen, root: Path, untracked: Untracked, *, kept: bool) -> GitState:
    status, indexed = seen.status, seen.tracked.submodules if seen.tracked else {}
    return GitState(
        root=seen.root,
        commit=status.commit,
        branch=status.branch,
        staged=status.staged[:MOST_CHANGED],
        unstaged=(*status.unstaged, *status.unmerged)[:MOST_CHANGED],
        patches_kept=kept,
        untracked=untracked.files,
        untracked_left_out=untracked.left_out,
        submodules=list_submodules(root, indexed, status.submodules),
        is_worktree=_is_linked(root),
        is_shallow=seen.is_shallow,
    )


def _notes(seen: _Seen, root: Path) -> Iterator[str]:
    yield from seen.notes
    if seen.status.unmerged:
        count = len(seen.status.unmerged)
        yield f"{count:,} files are in conflict: changes were taken against the commit, the index is lost"
    longest = max(len(seen.status.staged), len(seen.status.unstaged) + len(seen.status.unmerged))
    if longest > MOST_CHANGED:
        yield f"{longest:,} files differ from the commit, of which {MOST_CHANGED:,} are listed; the patches hold all"
    dirty = [path for path, letters in seen.status.submodules.items() if letters[2:] != ".."]
    if dirty:
        yield f"changes within submodules were not kept: {', '.join(dirty)}"
    hidden = [p for p in seen.tracked.hidden if os.path.lexists(root / p)] if seen.tracked else []
    if hidden:
        more = f" and {len(hidden) - 1:,} more" if len(hidden) > 1 else ""
        yield f"git was told to overlook changes of {hidden[0]}{more}: they were not kept"


def _others(paths: Sequence[str], root: Path, kept_in: Path) -> list[str]:
    """The paths that are no part of what we keep ourselves."""
    try:
        record = kept_in.resolve().relative_to(root.resolve()).as_posix() + "/"
    except ValueError:  # it lies elsewhere
        record = None
    return [path for path in paths if STORE not in path.split("/") and not (record and path.startswith(record))]


def _is_linked(root: Path) -> bool:
    """Whether it is a linked working tree: its `.git` names a folder that shares another one's objects."""
    try:
        place = (root / ".git").read_text(encoding="utf-8", errors="surrogateescape").removeprefix("gitdir:").strip()
    except OSError:
        return False
    return (root / place / "commondir").is_file()
