"""The journal of a study: each change is a line of JSON, appended while nobody else writes.

It is Optuna's journal, wherever its lines lie: in a file, or in the rows of a database. Several changes can be one
write, of which a kill leaves all or nothing.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from wellfit.errors import UsageError

_LASTING = frozenset({2, 6})
"""Changes that must outlive a loss of power, by their number in the journal: attributes of the study, and the ends of
trials. What comes before them goes to the disk with them; the rest may wait, for a killed process loses none of it."""

Log = dict[str, Any]


class OutrunError(Exception):
    """The study has changed below what was read of it: that is to be read again, and the change made anew."""


class Lines(Protocol):
    """Where the lines of a journal lie."""

    @property
    def where(self) -> str:
        """What they lie in, for a sentence."""

    def new(self) -> Iterable[str | bytes]:
        """Whole lines behind those that were given by now."""

    def rewind(self) -> None:
        """Give all of them again, from the first."""

    def locked(self) -> AbstractContextManager[None]:
        """Wait until nobody else writes, and keep others from it."""

    def add(self, lines: Sequence[str], *, lasts: bool) -> Sequence[str | bytes]:
        """Add lines behind whatever others have written; called without the lock.

        Args:
            lines: see `append`.
            lasts: see `append`.

        Returns:
            What others have written and was not given, and the lines behind it; all of them count as given.

        Raises:
            OutrunError: see `append`.
            UsageError: see `append`.
        """

    def append(self, lines: Sequence[str], *, lasts: bool) -> None:
        """Add lines, all or none; they count as given. Called locked, when all lines of others were given.

        Args:
            lines: without their ends.
            lasts: whether they must outlive a loss of power.

        Raises:
            OutrunError: others have written all the same.
            UsageError: they cannot be written.
        """


class Journal:
    """What Optuna's journal storage reads from and appends to.

    Args:
        lines: of one study.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._known: deque[str | bytes] = deque()  # lines that are not handed out yet
        self._read = 0  # lines that were handed out
        self._group: list[str] | None = None  # that are not written yet
        self._lasts = self._is_loose = self._is_steady = False

    def rewind(self) -> None:
        """Hand out all lines again, from the first."""
        self._lines.rewind()
        self._known.clear()
        self._read = 0

    def read_logs(self, log_number_from: int) -> Iterator[Log]:
        """Changes from a number on.

        Args:
            log_number_from: >= 0.

        Raises:
            UsageError: a line is damaged.
        """
        if log_number_from != self._read:
            self.rewind()
        if self._group is None and not self._is_steady:
            self._known.extend(self._lines.new())
        while self._known:
            line = self._known.popleft()
            self._read += 1  # before the reader has the line: it counts those that it could not apply, too
            if self._read > log_number_from:
                yield self._parse(line)

    def _parse(self, line: str | bytes) -> Log:
        try:
            log = json.loads(line)
            if isinstance(log["op_code"], int) and isinstance(log["worker_id"], str):
                return dict(log)
        except (ValueError, KeyError, TypeError):
            pass
        raise UsageError(
            f"the study cannot be read: line {self._read:,} of {self._lines.where} is damaged. Nothing was changed: put"
            " a copy of it back, or begin another search; the record of each trial is kept in any case (`wellfit runs`)"
        )

    def append_logs(self, logs: Iterable[Mapping[str, Any]]) -> None:
        """Add changes.

        Args:
            logs: that JSON can hold.

        Raises:
            UsageError: they cannot be written.
        """
        with self.loosely():
            for log in logs:
                self._put(json.dumps(log, separators=(",", ":")), lasts=log["op_code"] in _LASTING)

    def _put(self, line: str, *, lasts: bool) -> None:
        if self._group is None:
            raise AssertionError("a line is put into a group")
        self._group.append(line)
        self._lasts |= lasts
        if not self._is_loose:
            self._known.append(line)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have all changes of the block written as one, at its end; nobody else writes in between."""
        if self._group is not None:  # the outer block writes
            yield
            return
        with self._lines.locked():
            self._known.extend(self._lines.new())
            self._group, self._lasts, self._is_loose = [], False, False
            try:
                yield
            finally:
                lines, self._group = self._group, None
                if lines:
                    self._lines.append(lines, lasts=self._lasts)

    @contextmanager
    def loosely(self) -> Iterator[None]:
        """Have all changes of the block written as one, at its end, where they are read; others may write meanwhile."""
        if self._group is not None:
            yield
            return
        self._group, self._lasts, self._is_loose = [], False, True
        try:
            yield
        finally:
            lines, self._group = self._group, None
            if lines:
                self._known.extend(self._lines.add(lines, lasts=self._lasts))

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Have the block read what is known at its beginning, and what it writes; what others write waits."""
        before, self._is_steady = self._is_steady, True
        try:
            yield
        finally:
            self._is_steady = before
