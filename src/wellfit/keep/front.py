"""What the command line asks of recorded runs: have one again, list them, compare two."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from wellfit.errors import UsageError, WellfitError
from wellfit.keep.compare import compare_kept
from wellfit.keep.killed import complete
from wellfit.keep.repro import ReproTerms, reproduce
from wellfit.keep.rerun import Rerun, have_again, is_from_elsewhere
from wellfit.model.comparison import Comparison
from wellfit.model.record import RunRecord
from wellfit.model.repro import Reproduced
from wellfit.model.search_kept import SearchKept
from wellfit.runs.home import find_home
from wellfit.runs.index.listing import list_overview, list_runs
from wellfit.runs.store import KeptRun, Store
from wellfit.script.command import Command


def had_again(
    word: str,
    *,
    links: tuple[str, ...] = (),
    check: bool = False,
    trust: Callable[[KeptRun], bool],
    tell: Callable[[str], None] = lambda _name: None,
) -> Rerun:
    """Run a recorded run again, in a working tree of its own.

    Args:
        word: its id, the beginning of it, or the letters at its end.
        links: paths that the run finds through a link.
        check: compare what comes back.
        trust: asked where the record comes from elsewhere; False ends it.
        tell: told of each short run that looks for what differs.

    Raises:
        UsageError: there is no such run, or it cannot be had again.
    """
    run = read(word)
    if is_from_elsewhere(run) and not trust(run):
        raise UsageError(f"{run.record.id} was not run")
    return have_again(run, links=links, check=check, tell=tell)


def repro(command: Command, *, seeds: int, budget_s: float, tell: Callable[[int, int], None]) -> Reproduced:
    """See whether the script comes back, and how far its metrics move from seed to seed.

    Args:
        command: what starts it.
        seeds: whole runs, each with other seeds.
        budget_s: seconds for the short runs that are held against each other.
        tell: how many runs are over, of how many.

    Raises:
        UsageError: the command cannot be started, or fails.
    """
    return reproduce(command, ReproTerms(Path.cwd(), seeds, budget_s, tell))


@dataclass(frozen=True, slots=True)
class Listed:
    """Runs that were asked for.

    Args:
        lines: the first ones; searches stand for their trials, unless these were asked for.
        total: of all lines that there are.
        notes: what could not be read.
    """

    lines: tuple[RunRecord | SearchKept, ...]
    total: int
    notes: tuple[str, ...]


def listed(*, where: Sequence[str] = (), sort: str | None = None, trials: bool = False, limit: int) -> Listed:
    """List runs; without a condition or an order, a search is one line.

    Args:
        where: conditions, such as `val_loss<0.3`.
        sort: a metric, an option or a column; None for the latest first.
        trials: list the runs of searches, too.
        limit: of lines.

    Raises:
        UsageError: a condition or the order is none; all mistakes at once.
    """
    home = store()
    asked: Sequence[str | SearchKept]
    if trials or where or sort:
        found = list_runs(home, where=where, sort=sort, limit=limit)
        asked, total, notes = [run.id for run in found.runs], found.total, list(found.notes)
    else:
        seen = list_overview(home, limit)
        asked, total, notes = seen.lines, seen.total, list(seen.notes)
    lines: list[RunRecord | SearchKept] = []
    for line in asked:
        try:
            lines.append(complete(home, home.read(line)).record if isinstance(line, str) else line)
        except WellfitError as error:  # removed meanwhile, or damaged
            notes.append(str(error))
    return Listed(tuple(lines), total, tuple(notes))


def old_runs(days: int, where: Sequence[str] = ()) -> list[str]:
    """Ids of runs that have ended and began so many days ago, or earlier."""
    limit = datetime.now(timezone.utc) - timedelta(days=days)
    found = list_runs(store(), where=where, limit=sys.maxsize)
    return [run.id for run in found.runs if datetime.fromisoformat(run.started) <= limit and run.status != "running"]


def read(word: str) -> KeptRun:
    """A run, by its id, the beginning of it, or the letters at its end.

    Raises:
        UsageError: there is no such run, or several.
    """
    home = store()
    return complete(home, home.read(word))


def store() -> Store:
    """The records of the working folder."""
    return Store(find_home(Path.cwd()))


def compare_runs(first: str, second: str) -> Comparison:
    """Put two recorded runs side by side.

    Args:
        first: id, the beginning of it, or the letters at its end.
        second: the same.

    Raises:
        UsageError: there is no such run.
    """
    return compare_kept(read(first), read(second))
