"""Puts a record into the index, and takes one out."""

import math
import shlex
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from wellfit.model.record import MetricSummary, Option, RunRecord
from wellfit.runs.index.schema import COLUMNS

Value = tuple[float | None, str | None]
"""Number and text of a value, as far as it is one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_PUT = f"INSERT OR REPLACE INTO runs(n, {_NAMES}) VALUES (?{', ?' * len(COLUMNS)})"


def put(db: sqlite3.Connection, record: RunRecord) -> None:
    """Insert a run, or what has become of it."""
    found = db.execute("SELECT n FROM runs WHERE id = ?", (record.id,)).fetchone()
    n = found[0] if found else _free_key(db, record.started)
    if found:
        _forget_values(db, n)
    db.execute(_PUT, (n, *_row(record)))
    db.execute("DELETE FROM unread WHERE id = ?", (record.id,))
    values = {(kind, name): (n, *value) for kind, name, value in _values(record)}
    keys = _keys(db, record)
    db.executemany(
        "INSERT INTO vals(k, n, number, text) VALUES (?, ?, ?, ?)", [(keys[at], *v) for at, v in values.items()]
    )


def drop(db: sqlite3.Connection, run_id: str) -> None:
    """Take a run out."""
    db.execute("DELETE FROM unread WHERE id = ?", (run_id,))
    found = db.execute("SELECT n FROM runs WHERE id = ?", (run_id,)).fetchone()
    if found:
        _forget_values(db, found[0])
        db.execute("DELETE FROM runs WHERE n = ?", found)


def value_of(value: str | float | bool | None) -> Value:  # noqa: FBT001 - a value like any other
    """Number and text of a value; a text that reads as a number is one, as options are often parsed without a type."""
    if value is None or isinstance(value, bool):
        return (None if value is None else float(value)), str(value).lower()
    if isinstance(value, (int, float)):
        return _number(value)
    try:
        return _number(float(value))
    except ValueError:
        return None, plain(value)


def plain(text: str) -> str:
    """A text that SQLite takes: bytes of file names that are no UTF-8 are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _number(value: float) -> Value:
    try:
        number = float(value)
    except OverflowError:  # an integer of more than 308 digits
        return None, str(value)
    return (None, "nan") if math.isnan(number) else (number, None)


def _row(record: RunRecord) -> tuple[object, ...]:
    git = record.git
    return (
        record.id,
        record.started,
        record.status,
        record.kind,
        plain(record.script),
        git.commit if git else None,
        plain(git.branch) if git and git.branch else None,
        int(git.dirty) if git else None,
        record.elapsed_s,
        record.exit_code,
        record.parent,
        plain(shlex.join(record.words)),
    )


def _free_key(db: sqlite3.Connection, started: str) -> int:
    try:
        n = (datetime.fromisoformat(started) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError):  # of a stranger's record
        n = 0
    while db.execute("SELECT 1 FROM runs WHERE n = ?", (n,)).fetchone():
        n += 1
    return n


def _forget_values(db: sqlite3.Connection, n: int) -> None:
    db.execute("DELETE FROM vals WHERE k IN (SELECT k FROM names) AND n = ?", (n,))


def _values(record: RunRecord) -> Iterator[tuple[str, str, Value]]:
    for option in record.options:
        yield "option", plain(option.name), value_of(option.value)
    for metric in record.metrics:
        yield "metric", plain(metric.name), value_of(metric.last)
        yield "metric", f"{plain(metric.name)}.best", value_of(metric.best)


def _keys(db: sqlite3.Connection, record: RunRecord) -> dict[tuple[str, str], int]:
    keys = {}
    for kind, name, higher in _names(record):
        db.execute(
            "INSERT INTO names(kind, name, higher) VALUES (?, ?, ?) ON CONFLICT(kind, name) "
            "DO UPDATE SET higher = excluded.higher "
            "WHERE excluded.higher IS NOT names.higher AND excluded.higher IS NOT NULL",
            (kind, name, higher),
        )
        keys[kind, name] = db.execute("SELECT k FROM names WHERE kind = ? AND name = ?", (kind, name)).fetchone()[0]
    return keys


def _names(record: RunRecord) -> Iterator[tuple[str, str, bool | None]]:
    yield from (_option_name(option) for option in record.options)
    for metric in record.metrics:
        yield from _metric_names(metric)


def _option_name(option: Option) -> tuple[str, str, None]:
    return "option", plain(option.name), None


def _metric_names(metric: MetricSummary) -> Iterator[tuple[str, str, bool | None]]:
    for name in (plain(metric.name), f"{plain(metric.name)}.best"):
        yield "metric", name, metric.higher_is_better
