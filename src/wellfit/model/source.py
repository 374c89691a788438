"""The user's source lines, as those that show or edit them get them handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class Sources:
    """Lines of the files that a report speaks of.

    Args:
        files: lines with their ends as they stand on disk, by the file's name as places carry it.
    """

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def line(self, place: Place) -> str | None:
        """The text at a place without its end, or None where it could not be read."""
        lines = self.files.get(place.file, ())
        return lines[place.line - 1].rstrip("\r\n") if 0 < place.line <= len(lines) else None

    def around(self, place: Place, *, context: int) -> tuple[tuple[int, str], ...]:
        """Line numbers and texts from `context` lines before a place to as many after it."""
        if self.line(place) is None:
            return ()
        lines = self.files[place.file]
        first = max(1, place.line - context)
        last = min(len(lines), place.line + context)
        return tuple((n, lines[n - 1].rstrip("\r\n")) for n in range(first, last + 1))
