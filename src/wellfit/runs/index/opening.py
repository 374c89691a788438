"""Opens the index, makes it anew where it is of no use, and does without it where that cannot be done."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from wellfit.runs.index.schema import VERSION, create, is_empty, is_whole

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

INDEX = "index.sqlite"
GUARD = "index.lock"
"""Held by all who have the index open, and by one alone who takes it away: a file of SQLite must not be removed under
those who write to it."""

BUSY_S = 5.0
_GUARD_S = 1.0


class UnusableError(Exception):
    """The index cannot be used; the text says why. Never leaves this room."""


@contextlib.contextmanager
def open_index(home: Path, *, busy_s: float = BUSY_S) -> Iterator[sqlite3.Connection]:
    """The index of some runs, made where it is missing, of an older version or damaged.

    Args:
        home: the folder `.wellfit`.
        busy_s: seconds to wait for others who write.

    Raises:
        UnusableError: it cannot be opened here, or a newer version made it.
    """
    with _guarded(home):
        db = _opened(home / INDEX, busy_s)
        if db is not None:
            try:
                yield db
            finally:
                db.close()
            return
    remove_index(home)
    with _guarded(home):
        db = _opened(home / INDEX, busy_s)
        if db is None:
            raise UnusableError(f"{home / INDEX} is damaged")
        try:
            yield db
        finally:
            db.close()


@contextlib.contextmanager
def open_memory() -> Iterator[sqlite3.Connection]:
    """An empty index that nobody else sees."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        create(db)
        yield db
    finally:
        db.close()


def remove_index(home: Path) -> None:
    """Take the index away, so that the next one who opens it makes it anew.

    Raises:
        UnusableError: others have it open, or it cannot be removed.
    """
    with _guarded(home, alone=True):
        try:
            for end in ("", "-wal", "-shm", "-journal"):
                (home / f"{INDEX}{end}").unlink(missing_ok=True)
        except OSError as error:
            raise UnusableError(f"{home / INDEX} cannot be removed: {error.strerror}") from error


def _opened(path: Path, busy_s: float) -> sqlite3.Connection | None:
    """The database, with its tables; None where it must be made anew."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise UnusableError(f"{path} cannot be written: {error.strerror}") from error
    db = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
    try:
        if _prepare(db):
            return db
    except sqlite3.OperationalError as error:  # locked, full disk, no locks in this file system
        db.close()
        raise UnusableError(f"{path}: {error}") from error
    except sqlite3.DatabaseError:  # no database, or a damaged one
        pass
    except UnusableError:
        db.close()
        raise
    db.close()
    return None


def _prepare(db: sqlite3.Connection) -> bool:
    """Make the tables where there are none; whether they are those of today."""
    if not _version(db):
        db.execute("PRAGMA journal_mode = WAL")  # answers with another mode where there is no shared memory
        db.execute("BEGIN IMMEDIATE")
        if is_empty(db):  # nobody else was faster
            create(db)
        db.execute("COMMIT")
    db.execute("PRAGMA synchronous = NORMAL")  # what a crash of the machine takes is read from the folders again
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA cache_size = -65536")  # KiB
    version = _version(db)
    if version > VERSION:
        raise UnusableError(f"the index was made by a newer wellfit (version {version}, known up to {VERSION})")
    return version == VERSION and is_whole(db)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextlib.contextmanager
def _guarded(home: Path, *, alone: bool = False) -> Iterator[None]:
    try:
        number = os.open(home / GUARD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnusableError(f"the index in {home} cannot be written: {error.strerror}") from error
    try:
        _take(number, alone=alone)
        yield
    finally:
        os.close(number)


def _take(number: int, *, alone: bool) -> None:
    if fcntl is None:
        return
    until = time.monotonic() + _GUARD_S
    while True:
        try:
            fcntl.flock(number, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise UnusableError("the index is being used by others") from error
            time.sleep(0.01)
        except OSError:  # a file system without locks
            return
        else:
            return
