"""The tables of the index.

A run's key is its start in microseconds, moved on where another run has it. So every index is in the order of time
within equal values, and the latest runs of any kind come without sorting.
"""

import re
import sqlite3

VERSION = 1
"""`PRAGMA user_version`; grows with each change, and an index of an older version is made anew."""

COLUMNS = (
    "id",
    "started",
    "status",
    "kind",
    "script",
    "commit",
    "branch",
    "dirty",
    "elapsed",
    "exit_code",
    "parent",
    "words",
)

NUMBERS = frozenset({"dirty", "elapsed", "exit_code"})
"""Columns that hold numbers."""

_TABLES = """
CREATE TABLE runs(
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started TEXT, status TEXT, kind TEXT, script TEXT, "commit" TEXT,
    branch TEXT, dirty INTEGER, elapsed REAL, exit_code INTEGER, parent TEXT, words TEXT
);
CREATE TABLE names(
    k INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, higher INTEGER, UNIQUE(kind, name)
);
CREATE TABLE vals(
    k INTEGER NOT NULL, n INTEGER NOT NULL, number REAL, text TEXT, PRIMARY KEY(k, n)
) WITHOUT ROWID;
CREATE TABLE days(day TEXT PRIMARY KEY, mtime INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE unread(id TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
"""

_INDEXES = """
CREATE INDEX runs_status ON runs(status);
CREATE INDEX runs_kind ON runs(kind);
CREATE INDEX runs_script ON runs(script);
CREATE INDEX runs_commit ON runs("commit");
CREATE INDEX runs_branch ON runs(branch);
CREATE INDEX runs_parent ON runs(parent) WHERE parent IS NOT NULL;
CREATE INDEX runs_elapsed ON runs(elapsed);
CREATE INDEX runs_exit_code ON runs(exit_code);
CREATE INDEX vals_number ON vals(k, number, n);
CREATE INDEX vals_text ON vals(k, text, n) WHERE text IS NOT NULL;
"""


_CREATED = re.compile(r"CREATE (?:TABLE|INDEX) (\w+)")


def create(db: sqlite3.Connection, *, indexed: bool = True) -> None:
    """Make the tables.

    Args:
        db: an empty database, within a transaction.
        indexed: False where `create_indexes` follows once many rows are in, which is faster.
    """
    _run(db, _TABLES)
    if indexed:
        create_indexes(db)
    db.execute(f"PRAGMA user_version = {VERSION}")


def is_empty(db: sqlite3.Connection) -> bool:
    """Whether there is nothing in the database at all."""
    return not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def is_whole(db: sqlite3.Connection) -> bool:
    """Whether all tables and indexes are there."""
    there = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    return there.issuperset(_CREATED.findall(_TABLES + _INDEXES))


def create_indexes(db: sqlite3.Connection) -> None:
    """Make the indexes."""
    _run(db, _INDEXES)


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):  # executescript would end the transaction
        db.execute(statement)
