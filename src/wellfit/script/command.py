"""Turns what the user typed after the options into the command to launch."""

import difflib
import itertools
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.model.run import Started

_PYTHON_SUFFIXES = (".py", ".pyw", ".pyz")


@dataclass(frozen=True, slots=True)
class Command:
    """What is launched, and how it is spoken of.

    Args:
        words: program and arguments.
        name: as the user named it, without its arguments.
        root: absolute folder of the user's own files; None where only the run shows which program it was.
    """

    words: tuple[str, ...]
    name: str
    root: Path | None


def resolve(typed: Sequence[str]) -> Command:
    """The command for a script, a module after `-m`, or a program that starts Python in the end.

    Args:
        typed: at least one word; the first one decides, the others are its own arguments.

    Raises:
        UsageError: there is nothing that Python or the system could start.
    """
    first, arguments = typed[0], typed[1:]
    if first == "-m" or (first.startswith("-m") and len(first) > len("-m")):
        return _module(first, arguments)
    path = Path(first)
    if path.suffix == ".ipynb":
        raise UsageError(f"{first} is a notebook: export it with `jupyter nbconvert --to script {first}` first")
    if path.is_dir():
        return _folder(path, first, arguments)
    if path.suffix in _PYTHON_SUFFIXES:
        return _script(path, first, arguments)
    return _program(path, first, arguments)


def one_process(words: Sequence[str], started: Started | None) -> tuple[str, ...]:
    """What starts one process of a run: the words that were typed, or, behind a launcher, those of what trained.

    Args:
        words: program and arguments that were launched.
        started: how the process that trained was started; None where nothing is known of it.
    """
    if started is None or tuple(words[1:]) == started.words[1:] or not _starts_a_program(started.words):
        return tuple(words)
    return started.words


def count_program_words(words: Sequence[str]) -> int:
    """How many words begin a command: Python, and the script, or `-m` and the module."""
    return 3 if len(words) > 1 and words[1] == "-m" else 2


def _starts_a_program(words: Sequence[str]) -> bool:
    """Whether Python was given a script or a module, and not a line of code, as workers of multiprocessing are."""
    options = itertools.takewhile(lambda word: word.startswith("-") and word != "-", words[1:])
    return all(word != "-c" for word in options)


def _module(first: str, arguments: Sequence[str]) -> Command:
    words = [first.removeprefix("-m"), *arguments] if first != "-m" else list(arguments)
    if not words:
        raise UsageError("-m needs the name of a module")
    return Command((sys.executable, "-m", *words), words[0], Path.cwd())


def _folder(path: Path, first: str, arguments: Sequence[str]) -> Command:
    if (path / "__main__.py").is_file():
        return Command((sys.executable, first, *arguments), first, _absolute(path))
    if (path / "__init__.py").is_file():
        raise UsageError(f"{first} is a package: run one of its modules with `-m {path.name}.MODULE`")
    scripts = sorted(p.name for p in path.glob("*.py"))
    raise UsageError(f"{first} is a folder: name a script{_hint([str(path / name) for name in scripts[:3]])}")


def _script(path: Path, first: str, arguments: Sequence[str]) -> Command:
    if not path.exists():
        raise UsageError(f"no such script: {first}{_hint(_nearest(path))}")
    if not path.is_file() and not path.is_fifo():
        raise UsageError(f"{first} is not a file")
    if not os.access(path, os.R_OK):
        raise UsageError(f"{first} cannot be read: permission denied")
    return Command((sys.executable, first, *arguments), first, _absolute(path).parent)


def _program(path: Path, first: str, arguments: Sequence[str]) -> Command:
    if shutil.which(first):
        return Command((first, *arguments), first, None)
    if path.is_file() and os.access(path, os.X_OK):
        return Command((os.path.join(".", first), *arguments), first, None)
    if path.is_file() and path.suffix == ".sh":
        raise UsageError(f"{first} is not executable: use `wellfit check sh {first}`")
    if path.is_file():
        return _script(path, first, arguments)
    raise UsageError(f"no such script or command: {first}{_hint(_nearest(path))}")


def _absolute(path: Path) -> Path:
    """As Python names the file in tracebacks: no dots, but symbolic links as they were typed."""
    return Path(os.path.abspath(path))


def _nearest(path: Path) -> list[str]:
    """The script in the same folder whose name comes nearest."""
    folder = path.parent
    names = sorted(p.name for p in folder.glob("*.py")) if folder.is_dir() else []
    return [str(folder / name) for name in difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)]


def _hint(candidates: Sequence[str]) -> str:
    return f" (did you mean {' or '.join(candidates)}?)" if candidates else ""
