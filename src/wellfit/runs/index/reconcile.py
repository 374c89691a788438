"""Brings the index up to date with the folders, which are the truth."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator

from wellfit.errors import RecordError
from wellfit.model.record import RunRecord
from wellfit.runs.index.rows import drop, plain, put
from wellfit.runs.store import Store

SETTLED_S = 2.0
"""Age from which a day's folder is taken at its word: within a tick of the file system's clock it may change twice."""

_BATCH = 500
"""Runs put in at a time: others who write wait no longer than that takes."""

_UNSETTLED = -1


def reconcile(db: sqlite3.Connection, store: Store) -> None:
    """Read what is new, what was running, and what could not be read; take out what is gone.

    A day whose folder has not changed since is not looked into, however many runs it has. A changed clock does no harm:
    any other time of change than the noted one counts, not only a later one.
    """
    noted = dict(db.execute("SELECT day, mtime FROM days"))
    found = dict(_days(store))
    for day, mtime in found.items():
        if noted.get(day) != mtime:
            _scan(db, store, day, mtime)
    for day in noted.keys() - found.keys():
        _leave(db, day)
    pending = db.execute("SELECT id FROM runs WHERE status = 'running' UNION SELECT id FROM unread").fetchall()
    _read(db, store, [run_id for (run_id,) in pending])


def day_of(run_id: str) -> str:
    """Name of the day's folder of a run."""
    return f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"


def _days(store: Store) -> Iterator[tuple[str, int]]:
    for day in store.days():
        try:
            yield day.name, day.stat().st_mtime_ns
        except OSError:  # taken away this moment
            continue


def _scan(db: sqlite3.Connection, store: Store, day: str, mtime: int) -> None:
    there = set(store.ids(store.folder / day))
    known = _known(db, day)
    _read(db, store, sorted(there - known))
    age_s = time.time() - mtime / 1e9
    note = mtime if age_s > SETTLED_S else _UNSETTLED
    gone = known - there
    if gone or db.execute("SELECT mtime FROM days WHERE day = ?", (day,)).fetchone() != (note,):
        with writing(db):
            for run_id in gone:
                drop(db, run_id)
            db.execute("INSERT OR REPLACE INTO days(day, mtime) VALUES (?, ?)", (day, note))


def _leave(db: sqlite3.Connection, day: str) -> None:
    with writing(db):
        for run_id in _known(db, day):
            drop(db, run_id)
        db.execute("DELETE FROM days WHERE day = ?", (day,))


def _known(db: sqlite3.Connection, day: str) -> set[str]:
    first, last = f"{day.replace('-', '')}-", f"{day.replace('-', '')}."  # the sign after the dash
    asked = "SELECT id FROM {} WHERE id > ? AND id < ?"
    return {run_id for table in ("runs", "unread") for (run_id,) in db.execute(asked.format(table), (first, last))}


def _read(db: sqlite3.Connection, store: Store, run_ids: list[str]) -> None:
    for start in range(0, len(run_ids), _BATCH):
        names = run_ids[start : start + _BATCH]
        read = [(name, _read_one(store, name)) for name in names]  # before anyone is kept waiting
        reasons = dict(db.execute("SELECT id, reason FROM unread"))
        changes = [(name, new) for name, new in read if not isinstance(new, str) or reasons.get(name) != new]
        if changes:
            with writing(db):
                for name, new in changes:
                    _put(db, name, new)


def _read_one(store: Store, name: str) -> RunRecord | str | None:
    """The record, the reason why it cannot be read, or None where there is no such folder any more."""
    folder = store.folder / day_of(name) / name
    try:
        return store.read_folder(folder).record
    except RecordError as error:
        return str(error) if folder.is_dir() else None


def _put(db: sqlite3.Connection, name: str, new: RunRecord | str | None) -> None:
    if isinstance(new, RunRecord):
        put(db, new)
        return
    drop(db, name)
    if new is not None:
        db.execute("INSERT INTO unread(id, reason) VALUES (?, ?)", (name, plain(new)))


@contextlib.contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that writes, undone where it fails."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
