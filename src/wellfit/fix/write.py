"""Writes a patch: all files or none, each of them at once."""

import os
import stat
import tempfile
import tokenize
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wellfit.errors import UsageError, raise_all
from wellfit.fix.git import why_dirty

BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Written:
    """One file on disk as it is, and as it shall be.

    Args:
        target: the file itself, behind any symbolic link.
        old: its bytes as they were read.
        new: the bytes that take their place, in the same encoding.
    """

    target: Path
    old: bytes
    new: bytes


def write_files(files: Mapping[str, tuple[str, str]], *, force: bool = False) -> None:
    """Write all files or, where one cannot be written, none.

    Mode and encoding, byte order mark and line ends stay as they are. Each file is exchanged in one go, so that a
    reader, or a machine that stops, finds the old text or the new one.

    Args:
        files: text before and after, by absolute path.
        force: write files that git calls changed, too.

    Raises:
        UsageError: a file is dirty, read-only, gone or not what it was; or the disk refused.
    """
    raise_all([f"{file}: {reason}" for file, (old, _) in files.items() if (reason := obstacle(Path(file), old, force))])
    _exchange([_prepare(Path(file), old, new) for file, (old, new) in files.items()])


def obstacle(file: Path, expected: str, force: bool) -> str | None:  # noqa: FBT001 - internal, told by name above
    """Why a file may not be written, or None."""
    target = Path(os.path.realpath(file))
    try:
        found = decode(target)
        writable = target.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    except (OSError, SyntaxError, ValueError) as error:
        return f"cannot be read: {error}"
    if found != expected:
        return "changed on disk since the script ran; run again"
    if not writable or not os.access(target, os.W_OK) or not os.access(target.parent, os.W_OK):
        return "cannot be written: permission denied"
    dirty = None if force else why_dirty(target)
    return f"{dirty}; commit it first, or use --force" if dirty else None


def encoding_of(file: Path) -> str:
    """The encoding that a Python source declares; utf-8-sig where it begins with a byte order mark."""
    with file.open("rb") as raw:
        return tokenize.detect_encoding(raw.readline)[0]


def decode(file: Path) -> str:
    """A source's text with its line ends as they are, without a byte order mark."""
    return file.read_bytes().decode(encoding_of(file))


def _prepare(file: Path, old: str, new: str) -> Written:
    target = Path(os.path.realpath(file))
    encoding = encoding_of(target)
    return Written(target, old.encode(encoding), new.encode(encoding))


def _exchange(written: Sequence[Written]) -> None:
    """All temporary files first, so that a full disk is met before anything changes."""
    beside: list[Path] = []
    done: list[Written] = []
    try:
        beside += [_write_beside(one.target, one.new) for one in written]
        for one, temporary in zip(written, beside, strict=True):
            temporary.replace(one.target)
            done.append(one)
    except OSError as error:
        for one in done:
            _write_beside(one.target, one.old).replace(one.target)
        raise UsageError(f"nothing was written: {error}") from error
    finally:
        for temporary in beside:
            temporary.unlink(missing_ok=True)


def _write_beside(target: Path, content: bytes) -> Path:
    """A temporary file in the same folder with a content and the target's mode, safe on the disk."""
    status = target.stat()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".wellfit")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(OSError):  # a group that the user does not belong to cannot be given
        os.chown(name, status.st_uid, status.st_gid)
    Path(name).chmod(stat.S_IMODE(status.st_mode))
    return Path(name)
