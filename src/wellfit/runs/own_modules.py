"""Finds the script that a command runs, and the modules of its own folder that it imports, without running anything."""

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 2_000
"""That are looked through."""

MOST_BYTES = 2**20
"""Of a file that is parsed; a source file is smaller."""

_NAMED = (".py", ".pyw", ".sh", ".toml", ".yaml", ".yml", ".json", ".cfg", ".ini")
"""Files whose content decides what a command does, where an argument names one."""


@dataclass(frozen=True, slots=True)
class OwnModules:
    """What a command runs of the user's.

    Args:
        root: absolute folder that the files lie in: the working folder, or the script's own where it lies elsewhere.
        script: absolute path; what is imported by its name is looked for in its folder, or in the working folder.
        files: absolute paths below the root: the script, what it imports from there, and files that arguments name.
    """

    root: Path
    script: Path
    files: tuple[Path, ...]


def own_modules(words: Sequence[str], folder: Path) -> OwnModules | None:
    """The script of a command, and all that it imports of its own folder wherever the statement stands.

    Args:
        words: program and arguments.
        folder: absolute working folder.

    Returns:
        None where no word names a script or, after `-m`, a module that lies in the folder.
    """
    found = _script(words, folder)
    if found is None:
        return None
    script, place = found
    root = folder if script.is_relative_to(folder) else script.parent
    named = [_absolute(folder, word) for word in words[1:] if word.endswith(_NAMED)]
    files = dict.fromkeys([script, *_imported(script, place), *filter(Path.is_file, named)])
    return OwnModules(root, script, tuple(file for file in files if file.is_relative_to(root)))


def _script(words: Sequence[str], folder: Path) -> tuple[Path, Path] | None:
    """The script, and the folder that its imports are looked for in."""
    for at, word in enumerate(words[1:], start=1):
        if word == "-m" and at + 1 < len(words):
            file = _module_file(folder, words[at + 1].split("."))
            if file is not None:
                main = file.with_name("__main__.py")
                return (main if file.name == "__init__.py" and main.is_file() else file), folder
            continue  # of a launcher, whose script comes later
        path = _absolute(folder, word)
        if path.is_dir() and (path / "__main__.py").is_file():
            return path / "__main__.py", path
        if path.suffix in {".py", ".pyw"} and path.is_file():
            return path, path.parent
    return None


def _absolute(folder: Path, word: str) -> Path:
    return Path(os.path.normpath(folder / word))


def _module_file(place: Path, names: Sequence[str]) -> Path | None:
    path = place.joinpath(*names)
    for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
        if file.is_file():
            return file
    return None


def _imported(script: Path, place: Path) -> Iterator[Path]:
    """Files of the modules that a script imports, and of those that these import."""
    waiting, seen = [script], {script}
    while waiting and len(seen) < MOST_FILES:
        for file in _named_by(waiting.pop(), place):
            if file not in seen:
                seen.add(file)
                waiting.append(file)
                yield file


def _named_by(file: Path, place: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes()[: MOST_BYTES + 1])
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _along(place, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = file.parents[node.level - 1] if node.level else place
            names = node.module.split(".") if node.module else []
            for alias in node.names:  # a name may be a module of the package, or be defined in it
                yield from _along(base, [*names, alias.name])


def _along(place: Path, names: Sequence[str]) -> Iterator[Path]:
    """Each package on the way to a module is imported, too."""
    for count in range(1, len(names) + 1):
        file = _module_file(place, names[:count])
        if file is not None:
            yield file
