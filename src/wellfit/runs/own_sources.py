"""Keeps the code of a run that lies in no repository, and writes it out again."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from wellfit.model.record import OwnSources
from wellfit.runs.git.call import text_of
from wellfit.runs.git.restore import check_names, restore_untracked
from wellfit.runs.git.untracked import keep_untracked
from wellfit.runs.own_modules import own_modules

COPIES = "sources"
"""Folder of the copies, within the record."""

KIND = "source"


def keep_sources(
    words: Sequence[str], folder: Path, kept_in: Path, repository: str | None
) -> tuple[OwnSources | None, tuple[str, ...]]:
    """Copy the script of a command, and the modules of its folder that it imports; both are left as they are.

    The limits are those of untracked sources: 1 MB a file, 20 MB in all.

    Args:
        words: program and arguments.
        folder: absolute working folder.
        kept_in: folder of the record.
        repository: absolute root of the repository whose state is recorded, and which has what lies in it.

    Returns:
        What was kept, and what was not, a sentence each; None where git has the script, or there is none.
    """
    own = own_modules(words, folder)
    if own is None or (repository is not None and own.script.resolve().is_relative_to(Path(repository).resolve())):
        return None, ()
    return _kept(OwnSources(text_of(os.fsencode(own.root))), own.files, kept_in)


def keep_more(
    sources: OwnSources, files: Iterable[str], kept_in: Path, *, since: float
) -> tuple[OwnSources, tuple[str, ...]]:
    """Copy what only the run itself has told that it imported.

    Args:
        sources: that were kept when it began.
        files: absolute paths of the user's modules.
        kept_in: folder of the record.
        since: seconds since 1970 when it began; a file that has changed since may not be what ran.

    Returns:
        All that is kept now, and what was not, a sentence each.
    """
    root = Path(os.fsdecode(sources.root.encode("utf-8", "surrogateescape")))
    known = {file.path for file in sources.files}
    paths = [Path(file) for file in files if Path(file).is_file()]
    own = [path for path in paths if path.is_relative_to(root)]
    new = [path for path in own if _relative(path, root) not in known]
    more, notes = _kept(replace(sources, files=()), new, kept_in)
    outside = [path for path in paths if not path.is_relative_to(root)]
    all_notes = [*notes, *_counted("modules that lie elsewhere were not kept", outside)]
    all_notes += _counted("files changed while the run went on, before they were kept", _changed(new, since))
    return replace(more, files=(*sources.files, *more.files), left_out=sources.left_out + more.left_out), (*all_notes,)


def restore_sources(sources: OwnSources, kept_in: Path, target: Path) -> tuple[str, ...]:
    """Write the copies below a folder.

    Args:
        sources: that were kept.
        kept_in: folder of the record.
        target: folder; made where it is missing.

    Returns:
        What is not as it was, a sentence each.

    Raises:
        GitError: a path leads out of the folder.
    """
    check_names(file.path for file in sources.files)
    target.mkdir(parents=True, exist_ok=True)
    notes = [*restore_untracked(sources.files, kept_in / COPIES, target)]
    notes += _counted("sources without a copy", [file.path for file in sources.files if not file.kept])
    return tuple(notes)


def _kept(sources: OwnSources, files: Iterable[Path], kept_in: Path) -> tuple[OwnSources, tuple[str, ...]]:
    root = Path(os.fsdecode(sources.root.encode("utf-8", "surrogateescape")))
    paths = [_relative(file, root) for file in files]
    kept = keep_untracked(sources.root, paths, os.fsencode(kept_in / COPIES), kind=KIND)
    return replace(sources, files=kept.files, left_out=kept.left_out), kept.notes


def _relative(file: Path, root: Path) -> str:
    return text_of(os.fsencode(file.relative_to(root).as_posix()))


def _changed(files: Iterable[Path], since: float) -> list[Path]:
    return [file for file in files if file.stat().st_mtime > since]


def _counted(what: str, items: Sequence[object]) -> list[str]:
    more = f" and {len(items) - 1:,} more" if len(items) > 1 else ""
    return [f"{what}: {items[0]}{more}"] if items else []
