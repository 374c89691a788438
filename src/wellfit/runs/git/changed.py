"""What changed files held byte by byte, for git gives back what its filters make of it: other line ends above all."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from wellfit.runs.git.call import bytes_of
from wellfit.runs.git.untracked import ALL_BYTES, FILE_BYTES
from wellfit.runs.regular_file import read_regular

MOST_FILES = 500
"""That are hashed."""


def hash_changed(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """SHA-256 in hex of changed files as they lie in the working tree, by path.

    Args:
        root: of the working tree.
        paths: relative to it; what is no regular file, or too large for a source file, is passed over.
    """
    hashes: dict[str, str] = {}
    left = ALL_BYTES
    for path in dict.fromkeys(paths):
        try:
            content = read_regular(_place(root, path), min(FILE_BYTES, left))
        except OSError:  # removed, a link, a submodule, or too large
            continue
        hashes[path] = hashlib.sha256(content).hexdigest()
        left -= len(content)
        if len(hashes) == MOST_FILES:
            break
    return hashes


def give_back_bytes(hashes: Mapping[str, str], root: Path) -> Iterator[str]:
    """Give files their own line ends where git has given them others.

    Args:
        hashes: as `hash_changed` returned them; paths within the tree.
        root: of the working tree that is made again.

    Yields:
        A sentence for each file that is not what it was.
    """
    for path, sha256 in hashes.items():
        place = _place(root, path)
        if place.parent.resolve() != root.resolve() / place.parent.relative_to(root):
            yield f"{path} was not looked at: its folder is a link"
            continue
        try:
            content = read_regular(place, FILE_BYTES)
            own = next((form for form in _forms(content) if hashlib.sha256(form).hexdigest() == sha256), None)
            if own is None:
                yield f"{path} is not what it was, byte by byte: a filter of git's, or mixed line ends"
            elif own != content:
                _overwrite(place, own)
        except OSError as error:
            yield f"{path} was not looked at: {error.strerror}"


def _forms(content: bytes) -> Iterator[bytes]:
    """As it is, and with the line ends of either kind."""
    yield content
    plain = content.replace(b"\r\n", b"\n")
    yield plain
    yield plain.replace(b"\n", b"\r\n")


def _overwrite(place: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(place, flags), "wb") as file:
        file.write(content)


def _place(root: Path, path: str) -> Path:
    return root / os.fsdecode(bytes_of(path))
