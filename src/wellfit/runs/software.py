"""What the run runs with: Python, the packages that it finds, the names of its variables."""

import contextlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PathDistribution
from pathlib import Path

from wellfit.model.record import Software

_INFO = (".dist-info", ".egg-info")
_RUN_OF_DASHES = re.compile(r"[-_.]+")
_PYTHON_TAG = re.compile(r"-py\d.*$")


def describe_software(command: str | None = None) -> tuple[Software, tuple[str, ...]]:
    """Describe the interpreter that a command is, if it is the one that runs this.

    Args:
        command: first word of the command; None for this interpreter.

    Returns:
        What is known, and what is not, a sentence each. No value of a variable is among it.
    """
    variables = tuple(sorted(os.environ))
    executable = _found(command) if command else sys.executable
    if not _is_ours(executable):
        note = f"packages were not recorded: {command} may run another Python than {sys.executable}"
        return Software("", executable, {}, variables), (note,)
    return Software(platform.python_version(), executable, list_packages(sys.path), variables), ()


def list_packages(folders: Sequence[str]) -> Mapping[str, str]:
    """Version by name of the distributions in some folders, by the names of their own folders.

    Reading the metadata itself takes a hundred times as long, and says the same.

    Args:
        folders: as in `sys.path`; of two distributions with one name the first one found is the one imported.

    Returns:
        Names in lower case with single dashes, in alphabetical order.
    """
    found: dict[str, str] = {}
    for folder in folders:
        for name, version in _distributions(folder or "."):
            found.setdefault(_RUN_OF_DASHES.sub("-", name).lower(), version)
    return dict(sorted(found.items()))


def _distributions(folder: str) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith(_INFO))
    except OSError:  # a zip file, or a folder that is not there
        return
    for name in names:
        yield from _read(folder, name)


def _read(folder: str, info: str) -> Iterable[tuple[str, str]]:
    name, _, version = _PYTHON_TAG.sub("", info.rpartition(".")[0]).partition("-")
    if version:
        return [(name, version)]
    with contextlib.suppress(OSError, KeyError, ValueError):  # develop installs of old have no version in the name
        metadata = PathDistribution(Path(folder) / info).metadata
        return [(str(metadata["Name"] or name), str(metadata["Version"] or ""))]
    return []


def _found(command: str) -> str:
    return os.path.abspath(shutil.which(command) or command)


def _is_ours(executable: str) -> bool:
    """Whether it is our Python: the same file in the same folder, as two environments may link to one file."""
    ours, theirs = Path(sys.executable), Path(executable)
    try:
        return ours.samefile(theirs) and ours.parent.samefile(theirs.parent)
    except OSError:
        return False
