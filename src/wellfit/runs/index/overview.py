"""The latest runs with each search as one line among them."""

import sqlite3
from pathlib import Path

from wellfit.model.record import SEARCHED
from wellfit.model.search_kept import SearchKept
from wellfit.runs.studies import Aim, aim_of

_KINDS = ", ".join(f"'{kind}'" for kind in SEARCHED)
_SEARCHED = f"(parent IS NOT NULL AND kind IN ({_KINDS}))"

_SEARCHES = (
    f"SELECT parent, max(n), sum(coalesce(elapsed, 0)) FROM runs WHERE {_SEARCHED} "
    "GROUP BY parent ORDER BY max(n) DESC LIMIT ?"
)
_OTHERS = f"SELECT n, id FROM runs WHERE NOT {_SEARCHED} ORDER BY n DESC LIMIT ?"
_COUNT = f"SELECT (SELECT count(*) FROM runs) - count(*) + count(DISTINCT parent) FROM runs WHERE {_SEARCHED}"


def overview(db: sqlite3.Connection, home: Path, limit: int) -> tuple[tuple[str | SearchKept, ...], int]:
    """The latest lines, and how many there are in all.

    Args:
        db: the index.
        home: the `.wellfit` that it belongs to.
        limit: of lines.

    Returns:
        Ids of runs and searches, the latest first; of a search its latest run decides.
    """
    found: list[tuple[int, str, float | None]] = [(n, run_id, None) for n, run_id in db.execute(_OTHERS, (limit,))]
    found += [(n, name, seconds) for name, n, seconds in db.execute(_SEARCHES, (limit,))]
    latest = sorted(found, key=lambda line: -line[0])[:limit]
    total: int = db.execute(_COUNT).fetchone()[0]
    lines = (name if seconds is None else _search(db, home, name, n, seconds) for n, name, seconds in latest)
    return tuple(lines), total


def _search(db: sqlite3.Connection, home: Path, name: str, latest: int, seconds: float) -> SearchKept:
    script, started = db.execute("SELECT script, started FROM runs WHERE n = ?", (latest,)).fetchone()
    ends = (
        "SELECT status, count(*) FROM runs WHERE parent = ? AND kind = 'trial' GROUP BY status ORDER BY count(*) DESC"
    )
    aim = aim_of(home, name)
    return SearchKept(
        name=name,
        script=script or "",
        latest=started,
        ends=dict(db.execute(ends, (name,)).fetchall()),
        seconds=seconds,
        metric=aim.metric if aim else "",
        best=_best(db, name, aim) if aim else None,
    )


def _best(db: sqlite3.Connection, name: str, aim: Aim) -> float | None:
    order = "max" if aim.higher_is_better else "min"
    asked = (
        f"SELECT {order}(v.number) FROM runs r JOIN vals v ON v.n = r.n JOIN names ON names.k = v.k "
        "WHERE r.parent = ? AND r.kind = 'trial' AND r.status = 'done' AND names.kind = 'metric' AND names.name = ?"
    )
    metric = f"{aim.metric}.best" if aim.take == "best" else aim.metric
    found = db.execute(asked, (name, metric)).fetchone()[0]
    return None if found is None else float(found)
