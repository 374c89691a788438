"""A copy of the user's working folder, made anew for each trial run."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from wellfit.errors import ProofError

MOST_BYTES = 2 << 30
"""Bytes of a folder that is still copied: beyond, it holds data, and a copy takes minutes."""

LEFT_OUT = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".tox", ".wellfit", ".ipynb_checkpoints",
})  # fmt: skip
"""Names that are not copied: histories, environments and caches, which no training reads."""

Mark = tuple[int, int, int]
"""Size, time and inode of a file, which change with it."""


class Workspace:
    """A folder whose content is that of another, and can be made so again.

    Args:
        root: absolute folder to copy; nothing in it is ever written.
        copy: absolute folder to fill; made where it is missing.

    Raises:
        ProofError: the folder is too large, or cannot be read.
    """

    def __init__(self, root: Path, copy: Path) -> None:
        self.root = root
        self.copy = copy
        self._marks: dict[str, Mark] = {}
        self._only: frozenset[str] | None = None
        self._refuse_if_large()

    def restore(self) -> None:
        """Make the copy what the folder is: what a run wrote goes, what it changed comes back."""
        self.copy.mkdir(parents=True, exist_ok=True)
        wanted = {name: path for name, path in _entries(self.root) if self._only is None or name in self._only}
        for name in [name for name, _ in _entries(self.copy, everything=True) if name not in wanted]:
            _remove(self.copy / name)
        for name, path in wanted.items():
            target = self.copy / name
            if self._marks.get(name) is None or _mark(target) != self._marks[name]:
                _copy(path, target)
                self._marks[name] = _mark(target) or (0, 0, 0)

    def adopt(self, other: Path) -> None:
        """Take over what a run that was killed had written in its own copy.

        Args:
            other: folder of that copy; nothing happens where it is gone.

        Raises:
            ProofError: it cannot be read.
        """
        for name, path in _entries(other) if other.is_dir() else ():
            if _mark(path) != _mark(self.copy / name):
                _copy(path, self.copy / name)
                self._marks.pop(name, None)

    def copy_only(self, names: frozenset[str] | None) -> bool:
        """Copy nothing but what has these names, everything by default; False where that leaves nothing out."""
        self._only = names
        return names is not None and any(name not in names for name, _ in _entries(self.root))

    def _refuse_if_large(self) -> None:
        size = 0
        for _, path in _entries(self.root):
            size += path.lstat().st_size if path.is_file() and not path.is_symlink() else 0
            if size > MOST_BYTES:
                raise ProofError(
                    f"{self.root} holds more than {MOST_BYTES >> 30} GiB, and trial runs are made in a copy of it:"
                    " start from a folder that holds the program without its data"
                )


def is_left_out(path: str) -> bool:
    """Whether a copy lacks a path, because it is or lies in what is not copied.

    Args:
        path: within the folder that is copied.
    """
    return not LEFT_OUT.isdisjoint(Path(path).parts)


def names_in(folder: Path) -> frozenset[str] | None:
    """Names below a folder of all that a copy of it holds; None where they cannot be read."""
    try:
        return frozenset(name for name, _ in _entries(folder))
    except (ProofError, OSError):
        return None


def _entries(folder: Path, *, everything: bool = False) -> Iterator[tuple[str, Path]]:
    """Names below a folder, folders before what they hold; links are not followed."""
    for current, folders, files in os.walk(folder, onerror=_cannot_read):
        if not everything:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in (*folders, *files):
            path = Path(current, name)
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode):  # no sockets, no pipes
                yield str(path.relative_to(folder)), path


def _cannot_read(error: OSError) -> None:
    raise ProofError(f"{error.filename} cannot be copied: {error.strerror or error}")


def _mark(path: Path) -> Mark | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        return (0, 0, 0)  # what lies in it has marks of its own
    return found.st_size, found.st_mtime_ns, found.st_ino


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    try:
        if source.is_dir() and not source.is_symlink():
            if not target.is_dir() or target.is_symlink():
                _remove(target)
                target.mkdir()
            return
        _remove(target)
        shutil.copy2(source, target, follow_symlinks=False)
    except OSError as error:
        raise ProofError(f"{source} cannot be copied: {error.strerror or error}") from error
