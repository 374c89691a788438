"""The user's source lines, read once; the formats get them handed in and touch no file themselves."""

import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wellfit.model.place import Place
from wellfit.model.report import Report
from wellfit.model.rule import Finding

LARGEST_FILE_BYTES = 4_000_000
"""Source beyond this size is generated, and no excerpt of it helps a reader."""


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


def read_sources(report: Report) -> Sources:
    """Read every file that a finding names; a file that is gone or unreadable is left out."""
    files = {place.file for place in _places(report)}
    return Sources({file: lines for file in sorted(files) if (lines := _read_lines(Path(file)))})


def _places(report: Report) -> Iterator[Place]:
    for verdict in report.verdicts:
        yield from _places_of(verdict.findings)


def _places_of(findings: Iterable[Finding]) -> Iterator[Place]:
    for finding in findings:
        yield from (place for place in (finding.where, finding.fix.place) if place)
        yield from (related.place for related in finding.related)


def _read_lines(path: Path) -> tuple[str, ...]:
    try:
        # A pipe or a device would block, so only plain files are opened.
        if not path.is_file() or path.stat().st_size > LARGEST_FILE_BYTES:
            return ()
        with path.open("rb") as raw:
            encoding, _ = tokenize.detect_encoding(raw.readline)
        # newline="" keeps the line ends, so that a diff of a CRLF file still applies.
        with path.open(encoding=encoding, newline="") as text:
            return tuple(text)
    except (OSError, SyntaxError, ValueError):  # gone, no Python source, or not in its declared encoding
        return ()
