"""Lists runs: by the index where that can be used, and else from the folders alone."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from wellfit.model.record import RunRecord
from wellfit.runs.index.conditions import parse_query
from wellfit.runs.index.opening import UnusableError, open_index, open_memory, remove_index
from wellfit.runs.index.reconcile import reconcile, writing
from wellfit.runs.index.rows import put
from wellfit.runs.index.search import ListedRun, names, search
from wellfit.runs.store import Store

LIMIT = 20

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
    if not store.folder.is_dir():
        with open_memory() as db:
            return _list(db, store, where, sort, limit)
    try:
        return _list_indexed(store, where, sort, limit)
    except UnusableError as error:
        reason = str(error)
    except sqlite3.Error as error:
        reason = f"the index cannot be used: {error}"
    with open_memory() as db:
        found = _list(db, store, where, sort, limit)
    return Listing(found.runs, found.total, (*found.notes, f"{reason}; the folders were read instead"))


def note_run(store: Store, record: RunRecord) -> None:
    """Put a run into the index, if that can be done at once; the next listing does it otherwise."""
    try:
        with open_index(store.home, busy_s=_NOTE_BUSY_S) as db, writing(db):
            put(db, record)
    except (UnusableError, sqlite3.Error):
        return


def _list_indexed(store: Store, where: Sequence[str], sort: str | None, limit: int) -> Listing:
    try:
        with open_index(store.home) as db:
            return _list(db, store, where, sort, limit)
    except sqlite3.OperationalError:  # locked, or a full disk: the index itself is whole
        raise
    except sqlite3.DatabaseError:  # damage that shows only where it is read
        remove_index(store.home)
    with open_index(store.home) as db:
        return _list(db, store, where, sort, limit)


def _list(db: sqlite3.Connection, store: Store, where: Sequence[str], sort: str | None, limit: int) -> Listing:
    reconcile(db, store)
    conditions, order = parse_query(where, sort, names(db))
    total = db.execute("SELECT count(*) FROM runs").fetchone()[0]
    notes = [reason for (reason,) in db.execute("SELECT reason FROM unread ORDER BY id DESC LIMIT 3")]
    unread = db.execute("SELECT count(*) FROM unread").fetchone()[0]
    if unread > len(notes):
        notes.append(f"{unread - len(notes):,} more records cannot be read")
    return Listing(search(db, conditions, order, limit), total, tuple(notes))
