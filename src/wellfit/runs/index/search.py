"""Answers a query in time that hardly grows with the number of runs.

Two ways lead to the first few runs. Where some condition holds for few runs, these are taken and sorted. Where each
holds for many, runs are walked through in the order that is asked for, which an index holds, until enough are found.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wellfit.runs.index.conditions import BEGUN, Condition, Field, Order
from wellfit.runs.index.schema import COLUMNS

FEW = 20_000
"""Runs that are taken and sorted; more are walked through."""

Part = tuple[str, tuple[object, ...]]
"""Some SQL, and what stands for its question marks."""

_AFTER = "\U0010ffff"
"""Sorts behind every sign that a name is likely to hold."""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run as the index knows it.

    Args:
        id: of the run.
        started: UTC, ISO 8601.
        status: see `Status` of the record.
        kind: what started it.
        script: as the user named it.
        commit: hex digits; None where there is none.
        branch: None where there is none.
        dirty: the code that ran is anything but the commit; None where that is not known.
        elapsed_s: None while it runs.
        exit_code: None while it runs.
        parent: id of the run that it belongs to.
        words: program and arguments, quoted for a shell.
        options: value by name.
        metrics: last value by name, and the best one by `NAME.best`.
    """

    id: str
    started: str
    status: str
    kind: str
    script: str
    commit: str | None
    branch: str | None
    dirty: bool | None
    elapsed_s: float | None
    exit_code: int | None
    parent: str | None
    words: str
    options: Mapping[str, str | float | None]
    metrics: Mapping[str, str | float | None]


def names(db: sqlite3.Connection) -> list[Field]:
    """The metrics and options that there are."""
    rows = db.execute("SELECT kind, name, k, higher FROM names")
    return [Field(kind, name, key, None if higher is None else bool(higher)) for kind, name, key, higher in rows]


def search(
    db: sqlite3.Connection, conditions: Sequence[Condition], order: Order | None, limit: int
) -> tuple[ListedRun, ...]:
    """The first runs that fulfil all conditions.

    Args:
        db: the index.
        conditions: all of which must hold.
        order: None for the latest first.
        limit: of runs.
    """
    few = _fewest(db, conditions)
    found = _with_value(db, conditions, order, few, limit) if order else []
    if len(found) < limit:
        found += _latest(db, conditions, order, few, limit - len(found))
    return tuple(_listed(db, n) for n in found)


def _fewest(db: sqlite3.Connection, conditions: Sequence[Condition]) -> Part | None:
    """The condition that holds for the fewest runs, as a query for their keys, if these are few."""
    best, few = None, FEW + 1
    for condition in conditions:
        part = _keys(condition)
        if part:
            sql, values = part
            count = db.execute(f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) LIMIT {few})", values).fetchone()[0]
            best, few = (part, count) if count < few else (best, few)
    return best


def _with_value(
    db: sqlite3.Connection, conditions: Sequence[Condition], order: Order, few: Part | None, limit: int
) -> list[int]:
    """Keys of runs in order, those without a value left out."""
    way = "DESC" if order.descending else "ASC"
    if order.field.kind == "column":
        source, by, has = "runs", f'runs."{order.field.name}"', f'runs."{order.field.name}" IS NOT NULL'
        joined: tuple[object, ...] = ()
    else:
        source, by, has = "vals s CROSS JOIN runs ON runs.n = s.n", "s.number", "s.k = ? AND s.number IS NOT NULL"
        joined = (order.field.key,)
    if few and order.field.kind != "column":
        source = f"({few[0]}) d CROSS JOIN vals s ON s.n = d.n CROSS JOIN runs ON runs.n = s.n"
    elif few:
        source = f"({few[0]}) d CROSS JOIN runs ON runs.n = d.n"
    sql, values = _all(conditions, "runs.n" if order.field.kind == "column" else "s.n")
    asked = f"SELECT runs.n FROM {source} WHERE {has} AND {sql} ORDER BY {by} {way}, runs.n DESC LIMIT ?"
    return [n for (n,) in db.execute(asked, (*(few[1] if few else ()), *joined, *values, limit))]


def _latest(
    db: sqlite3.Connection, conditions: Sequence[Condition], order: Order | None, few: Part | None, limit: int
) -> list[int]:
    """Keys of the latest runs; with an order, of those that it leaves out."""
    source, joined, by = _walk(conditions, few)
    sql, values = _all(conditions, by)
    if order and order.field.kind == "column":
        sql = f'{sql} AND runs."{order.field.name}" IS NULL'
    elif order:
        sql = f"{sql} AND NOT EXISTS (SELECT 1 FROM vals o WHERE o.k = ? AND o.n = {by} AND o.number IS NOT NULL)"
        values = (*values, order.field.key)
    asked = f"SELECT runs.n FROM {source} WHERE {sql} ORDER BY {by} DESC LIMIT ?"
    return [n for (n,) in db.execute(asked, (*joined, *values, limit))]


def _walk(conditions: Sequence[Condition], few: Part | None) -> tuple[str, tuple[object, ...], str]:
    """Tables to go through in the order of time, what stands for their question marks, and the column of that order.

    The values of a metric lie in that order, and those of the runs with one value of an option do: many times less to
    read than the runs themselves.
    """
    if few:
        return f"({few[0]}) d CROSS JOIN runs ON runs.n = d.n", few[1], "d.n"
    on_values = [condition for condition in conditions if condition.field.kind != "column"]
    for condition in sorted(on_values, key=lambda condition: condition.sign != "=")[:1]:
        at = "d." if condition.sign == "=" else "+d."  # the sign keeps SQLite from the index, which has another order
        sql, values = _compared(at, condition)
        source = f"vals d CROSS JOIN runs ON runs.n = d.n AND d.k = ? AND {sql}"
        return source, (condition.field.key, *values), "d.n"
    return "runs", (), "runs.n"


def _all(conditions: Sequence[Condition], key: str) -> Part:
    """All conditions on the run with this key; named so that values are looked up before the run is."""
    parts = [_holds(condition, key) for condition in conditions]
    sql = " AND ".join(f"({part})" for part, _ in parts) or "1"
    return sql, tuple(value for _, values in parts for value in values)


def _keys(condition: Condition) -> Part | None:
    """A query for the keys of the runs that fulfil it, where an index answers that."""
    if condition.sign in ("~", "!="):
        return None
    if condition.field.kind == "column":
        sql, values = _compared(f'"{condition.field.name}"', condition)
        return f"SELECT n FROM runs WHERE {sql}", values
    sql, values = _compared("", condition)
    return f"SELECT n FROM vals WHERE k = ? AND {sql}", (condition.field.key, *values)


def _holds(condition: Condition, key: str) -> Part:
    """Whether a run fulfils it."""
    if condition.field.kind == "column":
        return _compared(f'runs."{condition.field.name}"', condition)
    sql, values = _compared("v.", condition)
    return f"EXISTS (SELECT 1 FROM vals v WHERE v.k = ? AND v.n = {key} AND {sql})", (condition.field.key, *values)


def _compared(at: str, condition: Condition) -> Part:
    """The comparison itself; `at` is a column, or the prefix of the two columns of a value."""
    is_column = condition.field.kind == "column"
    number, text = (at, at) if is_column else (f"{at}number", f"{at}text")
    if condition.sign == "~":
        shown = f"coalesce({text}, {number}, '')"
        return f"instr(lower({shown}), lower(?)) > 0", (condition.text or "",)
    if is_column and condition.field.name in BEGUN and condition.sign == "=":
        return f"{text} >= ? AND {text} < ?", (condition.text, f"{condition.text}{_AFTER}")
    if condition.number is not None:
        return f"{number} {condition.sign} ?" if condition.sign != "!=" else _differs(number, text), (condition.number,)
    if condition.sign == "!=":
        return f"{text} {'!=' if is_column else 'IS NOT'} ?", (condition.text,)  # a number differs from any text
    return f"{text} {condition.sign} ?", (condition.text,)


def _differs(number: str, text: str) -> str:
    return f"({number} != ? OR ({number} IS NULL AND {text} IS NOT NULL))"


def _listed(db: sqlite3.Connection, n: int) -> ListedRun:
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    row = dict(zip(COLUMNS, db.execute(f"SELECT {columns} FROM runs WHERE n = ?", (n,)).fetchone(), strict=True))
    values: dict[str, dict[str, str | float | None]] = {"option": {}, "metric": {}}
    asked = "SELECT kind, name, number, text FROM names CROSS JOIN vals ON vals.k = names.k AND vals.n = ?"
    for kind, name, number, text in db.execute(asked, (n,)):
        values[kind][name] = number if text is None else text
    dirty, elapsed_s = row.pop("dirty"), row.pop("elapsed")
    return ListedRun(
        **row,
        dirty=None if dirty is None else bool(dirty),
        elapsed_s=elapsed_s,
        options=values["option"],
        metrics=values["metric"],
    )
