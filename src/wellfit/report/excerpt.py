"""The lines of source around a finding, with its edit drawn in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wellfit.model.place import Place
from wellfit.model.rule import Finding
from wellfit.model.source import Sources
from wellfit.report.edit import Edit, edits_of
from wellfit.report.naming import shown_spot

CONTEXT_LINES = 3
"""Enough to recognise the spot, few enough to read at a glance."""

RowKind = Literal["context", "hit", "old", "new"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an excerpt; `number` is None for a line that the edit adds."""

    kind: RowKind
    number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines around one place, without the indentation that they share."""

    title: str
    rows: tuple[Row, ...]


def excerpts(finding: Finding, sources: Sources, *, root: str) -> tuple[Excerpt, ...]:
    """The finding's line, then the edits where those stand elsewhere; empty where no source could be read."""
    edits = edits_of(finding, sources)
    kept = []
    if finding.where and not any(_covers(edit, finding.where) for edit in edits):
        kept.append(_excerpt("seen", finding.where, root, _hit_rows(finding.where, sources)))
    kept += [_excerpt("edit", group[0].place, root, _edit_rows(group, sources)) for group in _together(edits)]
    return tuple(excerpt for excerpt in kept if excerpt.rows)


def _covers(edit: Edit, place: Place) -> bool:
    return edit.place.file == place.file and abs(edit.place.line - place.line) <= CONTEXT_LINES


def _together(edits: Iterable[Edit]) -> list[list[Edit]]:
    """Edits whose lines around them meet share one excerpt."""
    groups: list[list[Edit]] = []
    for edit in edits:
        last = groups[-1][-1] if groups else None
        if last and last.place.file == edit.place.file and edit.place.line - _last_line(last) <= 2 * CONTEXT_LINES:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _last_line(edit: Edit) -> int:
    return edit.place.line + len(edit.old) - 1


def _excerpt(what: str, place: Place, root: str, rows: Iterator[Row]) -> Excerpt:
    return Excerpt(f"{what}: {shown_spot(place, root)}", _dedented(_trimmed(rows)))


def _hit_rows(place: Place, sources: Sources) -> Iterator[Row]:
    for number, text in sources.around(place, context=CONTEXT_LINES):
        yield Row("hit" if number == place.line else "context", number, text)


def _edit_rows(edits: Sequence[Edit], sources: Sources) -> Iterator[Row]:
    lines = sources.files[edits[0].place.file]
    position = max(1, edits[0].place.line - CONTEXT_LINES)
    for edit in edits:
        yield from _context(lines, position, edit.place.line - 1)
        yield from (Row("old", number, text) for number, text in enumerate(edit.old, edit.place.line))
        yield from (Row("new", None, text) for text in edit.new)
        position = _last_line(edit) + 1
    yield from _context(lines, position, position + CONTEXT_LINES - 1)


def _context(lines: Sequence[str], first: int, last: int) -> Iterator[Row]:
    for number, text in enumerate(lines[first - 1 : last], first):
        yield Row("context", number, text.rstrip("\r\n"))


def _trimmed(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Without empty lines at either end."""
    kept = list(rows)
    while kept and _is_empty(kept[0]):
        kept.pop(0)
    while kept and _is_empty(kept[-1]):
        kept.pop()
    return tuple(kept)


def _is_empty(row: Row) -> bool:
    return row.kind == "context" and not row.text.strip()


def _dedented(rows: Sequence[Row]) -> tuple[Row, ...]:
    indentations = [len(r.text) - len(r.text.lstrip(" ")) for r in rows if r.text.strip()]
    shared = min(indentations, default=0)
    return tuple(replace(row, text=row.text[shared:]) for row in rows)
