"""The files of a program that may hold a setting: the script, and what it imports from its own folder."""

import ast
import os
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

MOST_FILES = 500
_LIBRARIES = frozenset({"site-packages", "dist-packages", ".venv", "node_modules"})


def files_of(words: tuple[str, ...], folder: Path, also: Iterable[str] = ()) -> tuple[Path, ...]:
    """Absolute paths, the script's own first.

    Args:
        words: program and arguments, Python first.
        folder: absolute working folder.
        also: further files of the program.
    """
    first = _script(words, folder)
    waiting = [*([first] if first else []), *map(Path, also)]
    bases = tuple(dict.fromkeys([*([first.parent] if first else []), folder]))
    found: dict[Path, None] = {}
    while waiting and len(found) < MOST_FILES:
        file = Path(os.path.abspath(waiting.pop(0)))  # noqa: PTH100 - links stay, as in the places that a run names
        if file not in found and file.is_file() and _is_own(file, folder):
            found[file] = None
            waiting += _imported(file, bases)
    return tuple(found)


def _script(words: tuple[str, ...], folder: Path) -> Path | None:
    if len(words) > 2 and words[1] == "-m":  # noqa: PLR2004 - Python, -m, module
        stem = folder.joinpath(*words[2].split("."))
        return stem / "__main__.py" if stem.is_dir() else stem.with_suffix(".py")
    return folder / words[1] if len(words) > 1 else None


def _is_own(file: Path, folder: Path) -> bool:
    return file.is_relative_to(folder) and not _LIBRARIES.intersection(file.relative_to(folder).parts)


def _imported(file: Path, bases: tuple[Path, ...]) -> Iterator[Path]:
    """Files that its imports may mean."""
    try:
        with tokenize.open(file) as text:
            tree = ast.parse(text.read())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from _modules(bases, name.name)
        elif isinstance(node, ast.ImportFrom):
            near = (file.parents[node.level - 1],) if 0 < node.level <= len(file.parents) else bases
            yield from _modules(near, node.module or "")
            for name in node.names:
                yield from _modules(near, f"{node.module or ''}.{name.name}".strip("."))


def _modules(bases: tuple[Path, ...], name: str) -> Iterator[Path]:
    """Where a module may lie, with the packages around it."""
    parts = name.split(".") if name else []
    for base in bases:
        for count in range(len(parts) + 1):
            yield base.joinpath(*parts[:count]) / "__init__.py"
        if parts:
            yield base.joinpath(*parts).with_suffix(".py")
