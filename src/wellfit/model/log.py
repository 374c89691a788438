"""A saved run: its events in order, and what is missing from them."""

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EventLog:
    """Events of one process.

    Args:
        events: in the order in which they were written.
        missing: sentences on what the file lacks: cut in the middle of a line, no end, damaged lines.
    """

    events: tuple[object, ...]
    missing: tuple[str, ...] = ()

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """All events of one type, in order."""
        return tuple(e for e in self.events if isinstance(e, kind))

    def last(self, kind: type[T]) -> T | None:
        """The latest event of one type."""
        found = self.of(kind)
        return found[-1] if found else None
