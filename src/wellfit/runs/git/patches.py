"""Writes what differs from the commit as patches that `git apply` takes."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wellfit.errors import GitError
from wellfit.runs.git.call import TIMEOUT_S, bytes_of, stream
from wellfit.runs.git.status import Status

STAGED = "staged.patch"
"""From the commit to the index."""

UNSTAGED = "unstaged.patch"
"""From the index to the working tree."""

MOST_BYTES = 20 * 2**20
"""Of a patch that is kept."""

_NAMED = 500
_NAMED_SIZE = 50_000
"""Signs in all; Linux takes 128 KiB in a word and 2 MiB in a command, others take less."""

_DIFF: tuple[str, ...] = (
    "diff",
    "--binary",
    "--full-index",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-renames",
    "--no-relative",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "-U3",
    "--submodule=short",
)
"""With all that a user's configuration could bend set straight."""


def write_patches(root: Path, status: Status, kept_in: Path, timeout_s: float = TIMEOUT_S) -> tuple[str, ...]:
    """Write the patches that there is something to put in.

    Args:
        root: of the working tree.
        status: which has been read from it.
        kept_in: folder; it must exist.
        timeout_s: seconds for each.

    Returns:
        Why they were not written, a sentence each; then there is neither of them.
    """
    jobs = _jobs(status)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(_write, root, words, kept_in / name, timeout_s) for name, words in jobs]
        losses = tuple(dict.fromkeys(filter(None, (job.result() for job in asked))))
    if losses:
        for name, _ in jobs:
            _forget(kept_in / name)
    return losses


def _jobs(status: Status) -> list[tuple[str, tuple[str, ...]]]:
    if status.unmerged:  # no patch of two sides can be applied: all is taken against the commit
        return [(UNSTAGED, (*_DIFF, "--ignore-submodules=all", "HEAD"))]
    jobs = []
    if status.staged:
        jobs.append((STAGED, (*_DIFF, "--ignore-submodules=dirty", "--cached")))
    if status.unstaged:  # commits of submodules are no file content: they are checked out from the record's list
        jobs.append((UNSTAGED, (*_DIFF, "--ignore-submodules=all", *_named(status.unstaged))))
    return jobs


def _named(paths: Sequence[str]) -> tuple[str, ...]:
    """Words that spare git a second look at all files, where not too many are named."""
    if len(paths) > _NAMED or sum(map(len, paths)) > _NAMED_SIZE:
        return ()
    return ("--", *(f":(top,literal){os.fsdecode(bytes_of(path))}" for path in paths))


def _write(root: Path, words: tuple[str, ...], target: Path, timeout_s: float) -> str | None:
    try:
        number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(number, "wb") as file:
            stream(root, words, file, most=MOST_BYTES, timeout_s=timeout_s)
    except (GitError, OSError) as error:
        return f"the changes since the commit were not kept: {getattr(error, 'strerror', None) or error}"
    return None


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # a folder that has become read-only; what is told stays true
        return
