"""Which studies a place has, and which of them is meant."""

from collections.abc import Iterable, Mapping

from wellfit.errors import UsageError
from wellfit.tune.study.database import TABLE, Database

SHOWN = 8
"""Names of studies that a sentence lists."""

OPTUNAS = ("studies", "study_user_attributes", "version_info")
"""Tables that tell where Optuna's own storage keeps studies."""


def names_in(database: Database) -> list[str]:
    """Names of our studies.

    Raises:
        UsageError: it cannot be read.
    """
    import sqlalchemy as sql

    def read() -> list[str]:
        if not database.has_tables(TABLE):
            return []
        columns = database.journal.c
        return list(database.connection.execute(sql.select(columns.study).where(columns.number == 0)).scalars())

    return database.run(read)


def elsewhere_in(database: Database) -> dict[str, bool]:
    """Studies that Optuna's own storage keeps there, by name: whether an older wellfit has made them.

    Raises:
        UsageError: it cannot be read.
    """
    import sqlalchemy as sql

    theirs = sql.table("studies", sql.column("study_id"), sql.column("study_name"))
    notes = sql.table("study_user_attributes", sql.column("study_id"), sql.column("key"))
    is_ours = sql.exists().where(notes.c.study_id == theirs.c.study_id, notes.c.key == "wellfit")

    def read() -> dict[str, bool]:
        if not database.has_tables(*OPTUNAS):
            return {}
        rows = database.connection.execute(sql.select(theirs.c.study_name, is_ours))
        return {name: bool(made) for name, made in rows}

    return database.run(read)


def choose(names: Iterable[str], name: str | None, elsewhere: Mapping[str, bool] | None = None) -> str:
    """The study that is meant.

    Args:
        names: of the studies that are there.
        name: that was asked for; None for the only one.
        elsewhere: see `elsewhere_in`.

    Raises:
        UsageError: there is none of that name, or not one alone, or it was made elsewhere.
    """
    known, others = sorted(names), dict(elsewhere or {})
    if name in known:
        return name
    meant = next(iter(others), None) if name is None and not known and len(others) == 1 else name
    if meant is not None and meant in others:
        raise _made_elsewhere(meant, by_older=others[meant])
    if name is not None:
        raise UsageError(f"no study is named {name}; there are: {', '.join(known) or 'none'}")
    if not known:
        raise UsageError("there is no study yet: `wellfit tune` begins one")
    return only(known)


def only(names: Iterable[str]) -> str:
    """The one of some names.

    Raises:
        UsageError: there are several.
    """
    first, *others = sorted(names)
    if others:
        shown = ", ".join([first, *others][:SHOWN])
        raise UsageError(f"there are {1 + len(others):,} studies: --name says which; {shown}")
    return first


def _made_elsewhere(name: str, *, by_older: bool) -> UsageError:
    if not by_older:
        return UsageError(f"the study {name} was not made by wellfit tune: it says nothing of a script")
    return UsageError(
        f"the study {name} was made by an older wellfit, which kept it in Optuna's tables: nothing was changed; go on"
        " with it by that version, or begin another one, under another name"
    )
