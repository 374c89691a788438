"""Has a recorded run again: its code in a folder of its own, its command, its seeds; and says whether it came back."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from wellfit.digest.recorded import Recorded
from wellfit.errors import GitError, UsageError
from wellfit.keep.curves import told_in
from wellfit.keep.first_difference import FirstDifference, common_weights, first_difference
from wellfit.keep.run import HASH_SEED, Asked, RunKept, record_run
from wellfit.model.events.record import MetricSeen
from wellfit.model.record import GitState
from wellfit.runs.git.restore import discard, restore
from wellfit.runs.home import find_home
from wellfit.runs.record_file import MOST_BYTES
from wellfit.runs.regular_file import read_regular
from wellfit.runs.secrets import is_masked
from wellfit.runs.store import KeptRun
from wellfit.script.command import Command

GENERATORS_NAME = "generators.json"


@dataclass(frozen=True, slots=True)
class Rerun:
    """A run that was had again.

    Args:
        kept: how it went this time.
        difference: what differed first; None where everything that both told is equal to the last bit, or nobody asked.
        compared: what was held against each other, in words.
        notes: what could not be brought back.
    """

    kept: RunKept
    difference: FirstDifference | None
    compared: str
    notes: tuple[str, ...]


def is_from_elsewhere(run: KeptRun) -> bool:
    """Whether a record comes from another machine or folder: a stranger may have written its command.

    A stranger who knows both the name of this machine and the folder of the working tree can make a record that passes
    for one of ours.
    """
    if run.is_copy:
        return True
    record = run.record
    host = record.machine.host if record.machine else ""
    root = Path(record.git.root if record.git else record.folder)
    return host != socket.gethostname() or find_home(root.resolve()).resolve() != home_of(run).resolve()


def home_of(run: KeptRun) -> Path:
    """The `.wellfit` that a run lies in, below `runs` and its day."""
    return run.folder.parents[2]


def refuse(run: KeptRun) -> str | None:
    """Why a run cannot be had again, in a sentence; None where it can."""
    record = run.record
    if record.git is None:
        return f"the code of {record.id} was not recorded, for it lay in no git repository"
    if not record.git.patches_kept:
        return f"the changes of {record.id} beyond its commit were too large to be kept"
    if is_masked(record):
        return f"the command of {record.id} holds a secret, which was not recorded: run it by hand"
    folder = Path(record.folder)
    if not folder.is_relative_to(record.git.root) or ".." in folder.parts or not folder.is_absolute():
        return f"{record.id} ran in {record.folder}, outside of its repository"
    return None


def have_again(run: KeptRun, *, links: tuple[str, ...] = (), check: bool = False) -> Rerun:
    """Run it again, and record that.

    Args:
        run: as it was recorded.
        links: paths below the working tree, such as data that git ignores, that the run finds through a link.
        check: compare what comes back with what was recorded.

    Raises:
        UsageError: it cannot be had again.
    """
    if (reason := refuse(run)) is not None:
        raise UsageError(reason)
    git = run.record.git
    if git is None:  # what `refuse` has seen
        raise UsageError(f"the code of {run.record.id} was not recorded")
    with _working_tree(git, run.folder) as (tree, notes):
        _link(Path(git.root), tree, links)
        kept = record_run(_asked(run, git, tree))
    if not check:
        return Rerun(kept, None, "", notes)
    one, other = told_in(run.folder), told_in(kept.folder) if kept.folder else None
    if one is None or other is None:
        lacking = run.record.id if one is None else kept.record.id
        difference = FirstDifference("nothing told", f"{lacking} told nothing that could be compared")
        return Rerun(kept, difference, "nothing", notes)
    return Rerun(kept, first_difference(one, other), _compared(one, other), notes)


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


def _compared(one: Recorded, other: Recorded) -> str:
    """In words; of many values a few a second were written, and not the same ones."""
    both = {name: (points, other.curves[name]) for name, points in one.curves.items() if name in other.curves}
    timed = sum(points[0].source == "timed" for points, _ in both.values())
    values = sum(
        len(set(map(_place, mine)) & set(map(_place, its))) for mine, its in both.values() if mine[0].source != "timed"
    )
    clocks = f"; {timed} metrics are made from the clock" if timed else ""
    metrics = f"{len(one.batches)} first batches, {values:,} values of {len(both) - timed} metrics"
    return f"{metrics}{_weights_compared(one, other)}{clocks}"


def _place(point: MetricSeen) -> int:
    """By what a value of the one is found in the other."""
    return point.step if point.source == "evaluation" else point.index


def _weights_compared(one: Recorded, other: Recorded) -> str:
    common = [mine for mine, _ in common_weights(one, other)]
    steps = len({seen.step for seen in common if seen.at != "end"})
    ends = [seen for seen in common if seen.at == "end"]
    on_the_way = f", the weights at {steps:,} steps" if steps else ""
    if not ends:
        return on_the_way
    share = min(seen.share for seen in ends)
    return f"{on_the_way} and the final weights{f' ({share:.0%} of them)' if share < 1 else ''}"
