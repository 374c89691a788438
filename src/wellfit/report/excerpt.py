"""The lines of source around a finding, with its edit drawn in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wellfit.model.place import Place
from wellfit.model.rule import Finding
from wellfit.model.source import Sources
from wellfit.report.edit import Edit, edit_of
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
    """The finding's line, then the edit where that stands elsewhere; empty where no source could be read."""
    edit = edit_of(finding, sources)
    kept = []
    if finding.where and not (edit and _covers(edit, finding.where)):
        kept.append(_excerpt("seen", finding.where, root, _hit_rows(finding.where, sources)))
    if edit:
        kept.append(_excerpt("edit", edit.place, root, _edit_rows(edit, sources)))
    return tuple(excerpt for excerpt in kept if excerpt.rows)


def _covers(edit: Edit, place: Place) -> bool:
    return edit.place.file == place.file and abs(edit.place.line - place.line) <= CONTEXT_LINES


def _excerpt(what: str, place: Place, root: str, rows: Iterator[Row]) -> Excerpt:
    return Excerpt(f"{what}: {shown_spot(place, root)}", _dedented(_trimmed(rows)))


def _hit_rows(place: Place, sources: Sources) -> Iterator[Row]:
    for number, text in sources.around(place, context=CONTEXT_LINES):
        yield Row("hit" if number == place.line else "context", number, text)


def _edit_rows(edit: Edit, sources: Sources) -> Iterator[Row]:
    for number, text in sources.around(edit.place, context=CONTEXT_LINES):
        if number != edit.place.line:
            yield Row("context", number, text)
            continue
        yield Row("old", number, text)
        yield from (Row("new", None, line) for line in edit.new)
    if edit.old is None:
        yield from (Row("new", None, line) for line in edit.new)


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
