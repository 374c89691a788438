"""Reads the user's source lines once; the formats get them handed in and touch no file themselves."""

import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from wellfit.model.place import Place
from wellfit.model.report import Report
from wellfit.model.rule import Finding
from wellfit.model.source import Sources

LARGEST_FILE_BYTES = 4_000_000
"""Source beyond this size is generated, and no excerpt of it helps a reader."""


def read_sources(report: Report) -> Sources:
    """Read every file that a finding names; a file that is gone or unreadable is left out."""
    return sources_of(_places(report))


def sources_of(places: Iterable[Place]) -> Sources:
    """Read every file that one of these places names; a file that is gone or unreadable is left out."""
    files = {place.file for place in places}
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
