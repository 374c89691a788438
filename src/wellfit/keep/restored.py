"""A recorded run's code in folders of its own, and what starts it there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.keep.run import HASH_SEED, Asked
from wellfit.keep.trees import Trees, brought_back
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
        links: paths below the code that the run finds through a link.

    Yields:
        what starts it, the folder of its code, and what could not be brought back.

    Raises:
        UsageError: it cannot be brought back.
    """
    with brought_back(run) as trees:
        _link(trees, links)
        yield _asked(run, trees), trees.main.folder, trees.notes


def _link(trees: Trees, links: tuple[str, ...]) -> None:
    for link in links:
        source, target = (trees.main.root / link).resolve(), trees.main.folder / link
        if not source.exists():
            raise UsageError(f"--link {link}: no such file or folder in {trees.main.root}")
        if Path(link).is_absolute() or ".." in Path(link).parts:
            raise UsageError(f"--link {link}: must lie in {trees.main.root}")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)


def _asked(run: KeptRun, trees: Trees) -> Asked:
    record = run.record
    folder = trees.working_folder(Path(record.folder))
    if folder.resolve() != folder:  # a link that lies in the working tree
        place = "sources" if record.git is None else "repository"
        raise UsageError(f"{record.id} ran in {record.folder}, which leads out of its {place}")
    folder.mkdir(parents=True, exist_ok=True)
    words = tuple(trees.moved(word, Path(record.folder)) for word in record.words)
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
        seed_shift=record.seed_shift,
        changes=record.changes,
        params=record.params,
    )


def _is_readable(file: Path) -> bool:
    try:
        return isinstance(json.loads(read_regular(file, MOST_BYTES)), dict)
    except (OSError, ValueError, RecursionError):
        return False
