"""Makes a captured working tree again, in a folder of its own."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from wellfit.errors import GitError
from wellfit.model.record import GitState, KeptFile
from wellfit.runs.git.call import ask, bytes_of
from wellfit.runs.git.capture import COPIES
from wellfit.runs.git.changed import give_back_bytes
from wellfit.runs.git.patches import STAGED, UNSTAGED
from wellfit.runs.git.untracked import FILE_BYTES
from wellfit.runs.regular_file import read_regular

TIMEOUT_S = 600.0
"""A checkout writes every file of the tree."""


def restore(state: GitState, kept_in: Path, target: Path, *, repository: Path | None = None) -> tuple[str, ...]:
    """Check the commit out into a new folder and bring its files to where they were when the state was captured.

    The repository gets one more linked working tree, which `discard` takes away again; the user's own is not touched.

    Args:
        state: as `capture` returned it.
        kept_in: folder of the record.
        target: folder that does not exist yet, or is empty.
        repository: working tree that has the commit; None for the one that the state was captured in.

    Returns:
        What is not as it was, a sentence each; empty where all bytes came back.

    Raises:
        GitError: the commit is not there any more, or a patch does not apply; the text is the reason.
    """
    source = repository or _path(state.root)
    submodules = (submodule.path for submodule in state.submodules)
    check_names([*(file.path for file in state.untracked), *submodules, *state.hashes])
    if state.commit is None:
        target.mkdir(parents=True, exist_ok=True)
        ask(target, "init", "--quiet")
    else:
        _check_out(source, target, state.commit)
    try:
        notes = _fill(state, source, kept_in, target)
    except GitError:
        with contextlib.suppress(GitError):
            discard(state, target, repository=repository)
        raise
    return (*notes, *_known_losses(state))


def discard(state: GitState, target: Path, *, repository: Path | None = None) -> None:
    """Take a restored working tree away, with all that was written into it.

    Raises:
        GitError: git will not; the text is the reason.
    """
    source = repository or _path(state.root)
    if state.commit is None:  # a repository of its own
        shutil.rmtree(target, ignore_errors=True)
        return
    for submodule in state.submodules:
        if (target / submodule.path / ".git").is_file():
            ask(source / submodule.path, "worktree", "remove", "--force", str((target / submodule.path).absolute()))
    ask(source, "worktree", "remove", "--force", "--force", str(target.absolute()), timeout_s=TIMEOUT_S)


def _fill(state: GitState, source: Path, kept_in: Path, target: Path) -> list[str]:
    notes = [*_restore_submodules(state, source, target)]
    for name, index in ((STAGED, ("--index",)), (UNSTAGED, ())):
        _apply(target, (kept_in / name).absolute(), index)
    notes += give_back_bytes(state.hashes, target)
    return [*notes, *restore_untracked(state.untracked, kept_in / COPIES, target)]


def _path(root: str) -> Path:
    return Path(os.fsdecode(bytes_of(root)))


def _check_out(source: Path, target: Path, commit: str) -> None:
    if not all(digit in "0123456789abcdef" for digit in commit):  # of a stranger's record: it would be an option
        raise GitError(f"{commit!r} is no commit")
    ask(source, "worktree", "add", "--quiet", "--detach", str(target.absolute()), commit, timeout_s=TIMEOUT_S)


def _apply(target: Path, patch: Path, index: tuple[str, ...]) -> None:
    if patch.is_file() and patch.stat().st_size:
        ask(target, "apply", *index, "--whitespace=nowarn", str(patch), timeout_s=TIMEOUT_S)


def _restore_submodules(state: GitState, source: Path, target: Path) -> Iterable[str]:
    """Each from the repository that the user has fetched already: no network, and commits that were never pushed."""
    for submodule in state.submodules:
        if submodule.commit is None:
            continue
        if (target / submodule.path).resolve() != target.resolve() / submodule.path:
            yield f"submodule {submodule.path} was not checked out: its folder is a link"
            continue
        try:
            _check_out(source / submodule.path, target / submodule.path, submodule.commit)
        except GitError as error:
            yield f"submodule {submodule.path} was not checked out: {error}"
        if (target / submodule.path / ".gitmodules").is_file():
            yield f"submodules within {submodule.path} were not checked out"


def check_names(paths: Iterable[str]) -> None:
    """Refuse what would be written outside the target, or into git's own folder: records may come from strangers.

    Raises:
        GitError: a path is none that lies within a working tree.
    """
    for path in paths:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or "\0" in path or ".." in parts or ".git" in (part.lower() for part in parts):
            raise GitError(f"{path!r} is no path within a working tree")


def restore_untracked(files: Iterable[KeptFile], copies: Path, target: Path) -> Iterable[str]:
    """Write the copies; links come last, so that nothing is written through one.

    Args:
        files: of which those are written that were kept.
        copies: folder of the copies.
        target: folder that they are written below.

    Returns:
        What is not as it was, a sentence each.
    """
    kept = [file for file in files if file.kept]
    for file in sorted(kept, key=lambda file: _place(copies, file.path).is_symlink()):
        copy, place = _place(copies, file.path), _place(target, file.path)
        try:
            if place.parent.resolve() != (target.resolve() / place.parent.relative_to(target)):
                yield f"{file.path} was not written: its folder is a link"
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if not _copy(copy, place, file.sha256):
                yield f"{file.path} is not what was kept of it"
        except OSError as error:
            yield f"{file.path} was not written: {error.strerror}"


def _place(folder: Path, path: str) -> Path:
    return folder / os.fsdecode(bytes_of(path))


def _copy(copy: Path, place: Path, sha256: str | None) -> bool:
    """Write one file; whether it is the one that was kept."""
    if copy.is_symlink():
        link = os.fsencode(copy.readlink())
        place.symlink_to(os.fsdecode(link))
        return hashlib.sha256(link).hexdigest() == sha256
    content = read_regular(copy, FILE_BYTES)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(place, flags, 0o777 if copy.stat().st_mode & 0o100 else 0o666), "wb") as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest() == sha256


def _known_losses(state: GitState) -> Iterable[str]:
    if not state.patches_kept:
        yield "the changes since the commit were not kept with the run"
    unkept = [file.path for file in state.untracked if not file.kept]
    if unkept:
        more = f" and {len(unkept) - 1:,} more" if len(unkept) > 1 else ""
        yield f"untracked files without a copy: {unkept[0]}{more}"
    if state.untracked_left_out:
        yield f"{state.untracked_left_out:,} untracked files were not even listed"
    dirty = [submodule.path for submodule in state.submodules if submodule.dirty]
    if dirty:
        yield f"changes within submodules were not kept: {', '.join(dirty)}"
