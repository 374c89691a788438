"""Copies the source files that git does not track beside the record, and lists the others."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from wellfit.model.record import KeptFile
from wellfit.runs.git.call import bytes_of

FILE_BYTES = 2**20
"""Of a file that is copied; source files are smaller."""

ALL_BYTES = 20 * 2**20
"""Of all files that are read."""

MOST_FILES = 2_000
"""That are listed."""

_BINARY_WITHIN = 8_000
"""Bytes in which a zero makes a file binary: git's own measure."""

_SOURCES = (
    ".py",
    ".pyx",
    ".ipynb",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".cfg",
    ".ini",
    ".sh",
    ".cu",
    ".cpp",
    ".c",
    ".h",
)
"""Listed first where there are more than `MOST_FILES`: what runs, and what it is configured by."""


@dataclass(frozen=True, slots=True)
class Untracked:
    """What became of the untracked files.

    Args:
        files: listed, by path.
        left_out: how many more there are.
        notes: a sentence for each kind of loss.
    """

    files: tuple[KeptFile, ...] = ()
    left_out: int = 0
    notes: tuple[str, ...] = ()


def keep_untracked(root: str, paths: Sequence[str], kept_in: bytes, *, kind: str = "untracked") -> Untracked:
    """Copy them into a folder, as far as the limits allow.

    Args:
        root: absolute folder that the paths are relative to.
        paths: as git lists them.
        kept_in: folder for the copies; made where there is something to copy.
        kind: of files, as the notes call them.
    """
    chosen = sorted(paths, key=_rank)[:MOST_FILES] if len(paths) > MOST_FILES else paths
    keeper = _Keeper(bytes_of(root), kept_in, kind)
    files = tuple(file for path in sorted(chosen) if (file := keeper.keep(path)))
    left_out = len(paths) - len(chosen)
    more = [f"{left_out:,} more {kind} files were not listed"] if left_out else []
    return Untracked(files, left_out, (*more, *keeper.notes()))


def _rank(path: str) -> tuple[bool, int, str]:
    return not path.endswith(_SOURCES), path.count("/"), path


class _Keeper:
    """Reads files while the budget lasts."""

    def __init__(self, root: bytes, kept_in: bytes, kind: str) -> None:
        self._root, self._kept_in, self._kind, self._left = root, kept_in, kind, ALL_BYTES
        self._made: set[bytes] = set()
        self._lost: dict[str, list[str]] = {}

    def keep(self, path: str) -> KeptFile | None:
        """List it, with a copy where it is source; None where it is no file."""
        name = bytes_of(path)
        source = os.path.join(self._root, name)
        try:
            seen = os.lstat(source)
            if stat.S_ISLNK(seen.st_mode):
                return self._link(path, os.readlink(source))
            if stat.S_ISDIR(seen.st_mode):
                return self._lose(path, 0, "repositories of their own")
            return self._file(path, source, seen) if stat.S_ISREG(seen.st_mode) else None
        except OSError:
            return self._lose(path, 0, "files that could not be read")

    def notes(self) -> Iterable[str]:
        """What was lost, by reason."""
        for reason, paths in self._lost.items():
            more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
            yield f"{self._kind} {reason} were listed and not copied: {paths[0]}{more}"

    def _file(self, path: str, source: bytes, seen: os.stat_result) -> KeptFile:
        if seen.st_size > FILE_BYTES:
            return self._lose(path, seen.st_size, f"files above {FILE_BYTES:,} bytes")
        if seen.st_size > self._left:
            return self._lose(path, seen.st_size, f"files beyond {ALL_BYTES:,} bytes in all")
        content = _read(source)
        self._left -= len(content)
        digest = hashlib.sha256(content).hexdigest()
        if b"\0" in content[:_BINARY_WITHIN]:
            return self._lose(path, len(content), "binary files", digest)
        mode = 0o700 if seen.st_mode & 0o100 else 0o600
        return self._put(path, len(content), digest, lambda target: _write(target, content, mode))

    def _link(self, path: str, target: bytes) -> KeptFile:
        """A link is kept as a link: what it leads to may be a whole data set, or no business of ours."""
        digest = hashlib.sha256(target).hexdigest()
        return self._put(path, len(target), digest, lambda copy: os.symlink(target, copy))

    def _put(self, path: str, size: int, digest: str, write: Callable[[bytes], None]) -> KeptFile:
        copy = os.path.join(self._kept_in, bytes_of(path))
        try:
            self._make(os.path.dirname(copy))
            write(copy)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(copy)
            return self._lose(path, size, f"files whose copies could not be written ({error.strerror})", digest)
        return KeptFile(path, size, digest, kept=True)

    def _make(self, folder: bytes) -> None:
        if folder not in self._made:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self._made.add(folder)

    def _lose(self, path: str, size: int, reason: str, digest: str | None = None) -> KeptFile:
        self._lost.setdefault(reason, []).append(path)
        return KeptFile(path, size, digest, kept=False)


def _read(path: bytes) -> bytes:
    """The content of a plain file, of which it may have become something else since it was looked at."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError("no plain file any more")
        return file.read(FILE_BYTES)


def _write(path: bytes, content: bytes, mode: int) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(number, "wb") as file:
        file.write(content)
