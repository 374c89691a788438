"""Lists runs: by the index where that can be used, and else from the folders alone."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from wellfit.model.record import RunRecord
from wellfit.model.search_kept import SearchKept
from wellfit.runs.index.conditions import parse_query
from wellfit.runs.index.opening import UnusableError, open_index, open_memory, remove_index
from wellfit.runs.index.overview import overview
from wellfit.runs.index.reconcile import reconcile, writing
from wellfit.runs.index.rows import put
from wellfit.runs.index.search import ListedRun, names, search
from wellfit.runs.store import Store

LIMIT = 20
Found = TypeVar("Found")

_NOTE_BUSY_S = 0.1
"""A run that ends waits no longer than this to be put into the index: the next listing puts it in."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs that were asked for.

    Args:
        runs: the first ones.
        total: of all runs that there are, whatever was asked for.
        notes: what could not be read or used; a sentence each.
    """

    runs: tuple[ListedRun, ...]
    total: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The latest runs, and searches among them.

    Args:
        lines: ids of runs, and searches; the latest first.
        total: of such lines.
        notes: what could not be read or used; a sentence each.
    """

    lines: tuple[str | SearchKept, ...]
    total: int
    notes: tuple[str, ...] = ()


def list_runs(store: Store, *, where: Sequence[str] = (), sort: str | None = None, limit: int = LIMIT) -> Listing:
    """List runs.

    Args:
        store: that they lie in.
        where: conditions, see `parse_query`.
        sort: see `parse_query`; None for the latest first.
        limit: of runs.

    Raises:
        UsageError: a condition or the order is none; all mistakes at once.
    """
    found, more = _asked(store, lambda db: _list(db, store, where, sort, limit))
    return replace(found, notes=(*found.notes, *more))


def list_overview(store: Store, limit: int = LIMIT) -> Overview:
    """List the latest runs, each search as one line.

    Args:
        store: that they lie in.
        limit: of lines.
    """

    def ask(db: sqlite3.Connection) -> Overview:
        reconcile(db, store)
        return Overview(*overview(db, store.home, limit), _unread(db))

    found, more = _asked(store, ask)
    return replace(found, notes=(*found.notes, *more))


def _asked(store: Store, ask: Callable[[sqlite3.Connection], Found]) -> tuple[Found, tuple[str, ...]]:
    """What the index answers, or one that is made of the folders where it cannot be used; and why it could not."""
    if not store.folder.is_dir():
        with open_memory() as db:
            return ask(db), ()
    try:
        return _ask_index(store, ask), ()
    except UnusableError as error:
        reason = str(error)
    except sqlite3.Error as error:
        reason = f"the index cannot be used: {error}"
    with open_memory() as db:
        return ask(db), (f"{reason}; the folders were read instead",)


def note_run(store: Store, record: RunRecord) -> None:
    """Put a run into the index, if that can be done at once; the next listing does it otherwise."""
    try:
        with open_index(store.home, busy_s=_NOTE_BUSY_S) as db, writing(db):
            put(db, record)
    except (UnusableError, sqlite3.Error):
        return


def _ask_index(store: Store, ask: Callable[[sqlite3.Connection], Found]) -> Found:
    try:
        with open_index(store.home) as db:
            return ask(db)
    except sqlite3.OperationalError:  # locked, or a full disk: the index itself is whole
        raise
    except sqlite3.DatabaseError:  # damage that shows only where it is read
        remove_index(store.home)
    with open_index(store.home) as db:
        return ask(db)


def _list(db: sqlite3.Connection, store: Store, where: Sequence[str], sort: str | None, limit: int) -> Listing:
    reconcile(db, store)
    conditions, order = parse_query(where, sort, names(db))
    total = db.execute("SELECT count(*) FROM runs").fetchone()[0]
    return Listing(search(db, conditions, order, limit), total, _unread(db))


def _unread(db: sqlite3.Connection) -> tuple[str, ...]:
    notes = [reason for (reason,) in db.execute("SELECT reason FROM unread ORDER BY id DESC LIMIT 3")]
    unread = db.execute("SELECT count(*) FROM unread").fetchone()[0]
    more = (f"{unread - len(notes):,} more records cannot be read",) if unread > len(notes) else ()
    return (*notes, *more)
