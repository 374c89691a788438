"""A journal in the rows of a database, for workers on many machines.

Each write knows the number of its row before it is made. So a write whose answer was lost can be looked for, and is
made once; and where what was read of the study is no longer below it, as after a server that has lost its last seconds,
it is not made.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from wellfit.errors import UsageError
from wellfit.tune.study.database import TABLE, Database
from wellfit.tune.study.journal import OutrunError

if TYPE_CHECKING:
    from sqlalchemy import Row

MOST_LINES = 1000
"""Lines of one row, so that a row stays within what databases take."""


class JournalRows:
    """The lines of one study.

    Args:
        database: that has the table.
        study: its name.
    """

    def __init__(self, database: Database, study: str) -> None:
        import sqlalchemy as sql

        self._database, self._study = database, study
        self._count, self._token = 0, ""  # rows that were given, and the token of the last of them
        self._is_alone = True  # nobody else had written at our last write
        self._found: list[str] | None = None  # lines of others, where all is locked
        columns = database.journal.c
        mine = columns.study == study
        lines = sql.case((columns.number >= sql.bindparam("count"), columns.lines))  # none of the row that we know
        self._select = (
            sql.select(columns.number, columns.token, lines)
            .where(mine, columns.number >= sql.bindparam("count") - 1)
            .order_by(columns.number)
        )
        self._lock = sql.select(columns.number).where(mine, columns.number == 0).with_for_update()
        self._add = database.insert_behind(study)

    @property
    def where(self) -> str:
        """The study."""
        return f"the study {self._study} in the table {TABLE}"

    def rewind(self) -> None:
        """Begin with the first row again."""
        self._count, self._token = 0, ""

    def new(self) -> Iterable[str]:
        """Lines behind those that were given by now.

        Raises:
            OutrunError: the last of these is there no longer.
            UsageError: the database cannot be read.
        """
        if self._found is not None:
            found, self._found = self._found, []
            return found
        return self._take(self._database.run(self._read))

    def _read(self) -> "Sequence[Row[Any]]":
        """The last row that is known, if one is, and those behind it."""
        found: Sequence[Row[Any]] = self._database.connection.execute(self._select, {"count": self._count}).all()
        return found

    def _take(self, rows: "Sequence[Row[Any]]") -> list[str]:
        """Lines of the rows behind those that are known."""
        found: list[str] = []
        for number, token, lines in self._behind(rows):
            if number != self._count:
                raise UsageError(f"the study cannot be read: row {self._count:,} of {self.where} is missing")
            self._count, self._token = number + 1, token
            found += lines.split("\n")
        return found

    def _behind(self, rows: "Sequence[Row[Any]]") -> "Sequence[Row[Any]]":
        """What was read, without the last row that is known, which must be there."""
        if not self._count:
            return rows
        if not rows or (rows[0].number, rows[0].token) != (self._count - 1, self._token):
            raise OutrunError
        return rows[1:]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait for the lock of the study.

        Raises:
            OutrunError: see `new`.
            UsageError: the database cannot be used.
        """
        try:
            self._found = self._take(self._database.run(self._lock_and_read))
            yield
        finally:
            self._found = None
            self._database.roll_back()

    def _lock_and_read(self) -> "Sequence[Row[Any]]":
        self._database.begin()
        self._database.connection.execute(self._lock).all()
        return self._read()

    def add(self, lines: Sequence[str], *, lasts: bool) -> Sequence[str]:
        """Add lines behind whatever others have written; see `Lines.add`.

        One statement, where nobody has; the lock is taken from then on until nobody else has written once more.

        Raises:
            OutrunError: the last row that is known is there no longer.
            UsageError: the database cannot be used.
        """
        token, found = uuid.uuid4().hex, list[str]()
        if self._is_alone and self._count and len(lines) <= MOST_LINES:
            row = {"number": self._count, "before": self._token, "token": token, "lines": "\n".join(lines)}
            if self._database.run(partial(self._is_added, row)):
                self._count, self._token = self._count + 1, token
                return lines
            rows = self._database.run(self._read)
            found += self._take(rows)
            if any(other.token == token for other in rows):  # added, and its answer was lost
                return found
        with self.locked():
            found += self.new()
            self._is_alone = not found
            self.append(lines, lasts=lasts)
        return [*found, *lines]

    def _is_added(self, row: dict[str, Any]) -> bool:
        import sqlalchemy as sql

        try:
            added: int = self._database.connection.execute(self._add, row).rowcount
        except sql.exc.IntegrityError:
            return False
        return added > 0

    def append(self, lines: Sequence[str], *, lasts: bool) -> None:  # noqa: ARG002 - a database keeps all that it takes
        """Add lines, all or none; see `Lines.append`.

        Raises:
            OutrunError: others have written, after the connection and with it the lock was lost.
            UsageError: the database cannot be written.
        """
        token = uuid.uuid4().hex
        parts = [lines[first : first + MOST_LINES] for first in range(0, len(lines), MOST_LINES)]
        rows = [
            {"study": self._study, "number": self._count + past, "token": token, "lines": "\n".join(part)}
            for past, part in enumerate(parts)
        ]
        self._database.run(lambda: self._write(rows, token))
        self._count, self._token = self._count + len(rows), token

    def _write(self, rows: Sequence[dict[str, Any]], token: str) -> None:
        import sqlalchemy as sql

        if not self._database.is_held and self._is_written(token):
            return
        try:
            self._database.connection.execute(self._database.journal.insert(), rows)
        except sql.exc.IntegrityError:  # there was no first row that could be locked
            raise OutrunError from None
        self._database.commit()

    def _is_written(self, token: str) -> bool:
        """Whether rows were written although the connection was lost; where they were not, the lock is taken again.

        Raises:
            OutrunError: others have written since, from what they saw without them.
        """
        behind = self._behind(self._lock_and_read())
        if behind and behind[0].token != token:
            raise OutrunError
        return bool(behind)
