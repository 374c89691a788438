"""A recorded run's code in a folder of its own, and what starts it there."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wellfit.errors import GitError, UsageError
from wellfit.keep.run import HASH_SEED, Asked
from wellfit.model.record import GitState
from wellfit.runs.git.restore import discard, restore
from wellfit.runs.record_file import MOST_BYTES
from wellfit.runs.regular_file import read_regular
from wellfit.runs.store import KeptRun
from wellfit.script.command import Command

GENERATORS_NAME = "generators.json"


def home_of(run: KeptRun) -> Path:
    """The `.wellfit` that a run lies in, below `runs` and its day."""
    return run.folder.parents[2]


@contextmanager
def restored(run: KeptRun, links: tuple[str, ...] = ()) -> Iterator[tuple[Asked, Path, tuple[str, ...]]]:
    """The code of a run as it was, within.

    Args:
        run: as it was recorded.
        links: paths below the working tree that the run finds through a link.

    Yields:
        what starts it, the folder of the working tree, and what could not be brought back.

    Raises:
        UsageError: it cannot be brought back.
    """
    git = run.record.git
    if git is None:
        raise UsageError(f"the code of {run.record.id} was not recorded")
    with _working_tree(git, run.folder) as (tree, notes):
        _link(Path(git.root), tree, links)
        yield _asked(run, git, tree), tree, notes


@contextmanager
def _working_tree(git: GitState, kept_in: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    with tempfile.TemporaryDirectory(prefix="wellfit-rerun-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder).resolve() / "tree"
        try:
            notes = restore(git, kept_in, tree)
            yield tree, notes
        except GitError as error:
            raise UsageError(f"the code cannot be brought back: {error}") from error
        finally:
            with suppress(GitError):
                discard(git, tree)


def _link(root: Path, tree: Path, links: tuple[str, ...]) -> None:
    for link in links:
        source, target = (root / link).resolve(), tree / link
        if not source.exists():
            raise UsageError(f"--link {link}: no such file or folder in {root}")
        if Path(link).is_absolute() or ".." in Path(link).parts:
            raise UsageError(f"--link {link}: must lie in {root}")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)


def _asked(run: KeptRun, git: GitState, tree: Path) -> Asked:
    record = run.record
    below = Path(record.folder).relative_to(git.root)
    folder = tree / below
    if folder.resolve() != tree / below:  # a link that lies in the working tree
        raise UsageError(f"{record.id} ran in {record.folder}, which leads out of its repository")
    folder.mkdir(parents=True, exist_ok=True)
    words = tuple(_moved(word, git.root, str(tree)) for word in record.words)
    hash_seed = record.seeds.seeds.get(HASH_SEED) if record.seeds else None
    generators = run.folder / GENERATORS_NAME
    return Asked(
        Command(words, record.script, folder),
        folder,
        kind="rerun",
        parent=record.id,
        environment={} if hash_seed is None else {HASH_SEED: str(hash_seed)},
        generators=generators if _is_readable(generators) else None,
        home=home_of(run),
    )


def _moved(word: str, root: str, tree: str) -> str:
    """An argument that names something in the working tree names it in the new one."""
    return tree + word[len(root) :] if word.startswith(root + os.sep) else word


def _is_readable(file: Path) -> bool:
    try:
        return isinstance(json.loads(read_regular(file, MOST_BYTES)), dict)
    except (OSError, ValueError, RecursionError):
        return False
