"""A database that studies are kept in: one connection to it, and the table with the lines of their journals.

The table has one row for each write: the study's name, the number of the write, a token by which its writer knows it
again, and the lines. A writer locks the first row of its study, or the whole database where there is no lock of a row.
"""

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from wellfit.errors import UsageError
from wellfit.tune.study.address import with_driver, without_password
from wellfit.tune.study.patience import patiently, words_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

Result = TypeVar("Result")

TABLE = "wellfit_journal"

LONGEST_NAME = 512
"""Characters of a study's name: what an index of each of these databases takes."""

IDLE_S = 60
"""Seconds after which PostgreSQL takes the lock from a writer that says nothing, as one whose machine is gone."""

_BEGIN = {
    "postgresql": ("BEGIN ISOLATION LEVEL READ COMMITTED",),  # what others have written by the time of the lock is seen
    "mysql": ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN"),
    "mariadb": ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN"),
    "sqlite": ("BEGIN IMMEDIATE",),
}

_ON_CONNECTING = {"postgresql": (f"SET idle_in_transaction_session_timeout = '{IDLE_S}s'",)}

_KEEPALIVES = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
"""Of a connection by libpq: one that waits for a server which is gone finds out within a minute, not in two hours."""

_MADE_MEANWHILE = frozenset({"23505", "42P07", "42710"})
"""SQLSTATEs of making what is there already."""

_of_parents: "list[Connection]" = []
"""Connections of the process that this one was forked from: to close one would close it there."""


class Database:
    """One connection, made when it is needed, and again where it was lost.

    Args:
        address: of the database.
        tell: hears that it is away.

    Attributes:
        is_patient: whether it is waited for where it is away.
        is_held: whether a transaction is open.
        journal: the table.
    """

    def __init__(self, address: str, tell: Callable[[str], None] = lambda _: None) -> None:
        import sqlalchemy as sql

        self._address, self._tell = address, tell
        self._connection: Connection | None = None
        self._process = 0
        self.is_patient = self.is_held = False
        self.journal = _table()
        try:
            self._engine = _engine(address)
        except ImportError as error:
            raise UsageError(
                f"the study's database needs a driver that is not installed: {_how(error, address)}"
            ) from None
        except ValueError:  # a port that is none
            raise UsageError(
                "the address of the study's database cannot be read: write postgresql://USER@HOST:PORT/NAME"
            ) from None
        except sql.exc.SQLAlchemyError as error:
            raise self._refusal(error) from None
        if self._engine.dialect.name not in _BEGIN:
            raise UsageError(f"a study can be kept in {', '.join(sorted(_BEGIN))}, not in {self._engine.dialect.name}")

    def run(self, call: Callable[[], Result]) -> Result:
        """What a call that uses this database gives.

        Args:
            call: may be made again.

        Raises:
            UsageError: the database refuses it, or is away and is not waited for, or for too long.
        """
        import sqlalchemy as sql

        try:
            return patiently(call, self._tell, self.close) if self.is_patient else call()
        except sql.exc.SQLAlchemyError as error:
            self.close()
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> UsageError:
        words = without_password(words_of(error), self._address)
        return UsageError(f"the study's database cannot be used: {words}")

    @property
    def connection(self) -> "Connection":
        """For statements, each of which is a transaction of its own unless one was begun."""
        self._leave_to_parent()
        if self._connection is None:
            self._connection, self._process = self._engine.connect(), os.getpid()
            for statement in _ON_CONNECTING.get(self._engine.dialect.name, ()):
                self._connection.exec_driver_sql(statement)
        return self._connection

    def _leave_to_parent(self) -> None:
        if self._connection is not None and self._process != os.getpid():
            _of_parents.append(self._connection)
            self._connection, self.is_held = None, False

    def begin(self) -> None:
        """Begin a transaction."""
        for statement in _BEGIN[self._engine.dialect.name]:
            self.connection.exec_driver_sql(statement)
        self.is_held = True

    def commit(self) -> None:
        """End the transaction, and keep what it has written."""
        self.connection.exec_driver_sql("COMMIT")
        self.is_held = False

    def roll_back(self) -> None:
        """End the transaction, if one is open, and keep nothing of it."""
        from sqlalchemy.exc import SQLAlchemyError

        if not self.is_held:
            return
        self.is_held = False
        try:
            self.connection.exec_driver_sql("ROLLBACK")
        except SQLAlchemyError:  # the server does the same where the connection is closed
            self.close()

    def close(self) -> None:
        """Close the connection."""
        self._leave_to_parent()
        connection, self._connection, self.is_held = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(Exception):  # it may be lost, and nothing hangs on its end
                connection.close()

    def insert_behind(self, study: str) -> Any:
        """A statement that adds a row to a study, if the row before it is there and no other one is in its place.

        It waits for the lock of the study. Parameters: `number`, `token` and `lines` of the row, and `before`, the
        token of the one before.

        Args:
            study: its name.
        """
        import sqlalchemy as sql
        from sqlalchemy.dialects import postgresql, sqlite

        table, first, last = self.journal, self.journal.alias(), self.journal.alias()
        number = sql.bindparam("number", type_=sql.Integer)
        before = sql.exists().where(
            last.c.study == study, last.c.number == number - 1, last.c.token == sql.bindparam("before")
        )
        row = (first.c.study, number, sql.bindparam("token", type_=sql.String), sql.bindparam("lines", type_=sql.Text))
        rows = sql.select(*row).where(first.c.study == study, first.c.number == 0, before).with_for_update()
        inserting = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}.get(self._engine.dialect.name)
        if inserting is None:
            adding: Any = table.insert().from_select(table.c, rows)
        else:
            adding = inserting(table).from_select(table.c, rows).on_conflict_do_nothing()
        return adding.execution_options(preserve_rowcount=True)  # says whether one was added

    def has_tables(self, *names: str) -> bool:
        """Whether it has all of these tables."""
        import sqlalchemy as sql

        inspector = sql.inspect(self.connection)
        return all(inspector.has_table(name) for name in names)

    def make_table(self) -> None:
        """Make the table where it is missing; where another process makes it now, that one is taken."""
        import sqlalchemy as sql

        for last in (False, False, True):
            try:
                if not self.has_tables(TABLE):
                    self.journal.create(self.connection)
            except (sql.exc.IntegrityError, sql.exc.ProgrammingError, sql.exc.OperationalError) as error:
                if last or not _was_made_meanwhile(error):
                    raise
            else:
                return


def _was_made_meanwhile(error: Any) -> bool:
    return getattr(error.orig, "sqlstate", None) in _MADE_MEANWHILE or "already exists" in str(error.orig)


def _how(error: ImportError, address: str) -> str:
    if address.startswith("postgres"):
        return "`pip install 'wellfit[postgres]'`"
    return without_password(str(error), address)


def _engine(address: str) -> "Engine":
    import sqlalchemy as sql

    url = sql.make_url(with_driver(address))
    by_libpq = url.drivername in {"postgresql+psycopg", "postgresql+psycopg2"}
    more = {name: value for name, value in _KEEPALIVES.items() if by_libpq and name not in url.query}
    return sql.create_engine(url.update_query_dict(more), poolclass=sql.NullPool, isolation_level="AUTOCOMMIT")


def _table() -> Any:
    import sqlalchemy as sql
    from sqlalchemy.dialects.mysql import MEDIUMTEXT

    return sql.Table(
        TABLE,
        sql.MetaData(),
        sql.Column("study", sql.String(LONGEST_NAME), primary_key=True),
        sql.Column("number", sql.Integer, primary_key=True, autoincrement=False),
        sql.Column("token", sql.String(32), nullable=False),
        sql.Column("lines", sql.Text().with_variant(MEDIUMTEXT, "mysql", "mariadb"), nullable=False),
    )
