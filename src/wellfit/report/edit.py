"""A finding's fix as edits of source lines, and as a unified diff."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from wellfit.model.change import Change, apply_changes, split_lines, unified_diff
from wellfit.model.place import Place
from wellfit.model.rule import Finding
from wellfit.model.source import Sources
from wellfit.report.naming import shown_file


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of the user's source that follow one another, and what takes their place.

    Args:
        place: the first of these lines; where lines are only put in, the one that they stand before.
        old: the lines as they stand, without their ends.
        new: the lines that replace them.
    """

    place: Place
    old: tuple[str, ...]
    new: tuple[str, ...]


def edits_of(finding: Finding, sources: Sources) -> tuple[Edit, ...]:
    """The edits that a finding's fix consists of, in the order of files and lines; empty where it has none."""
    return tuple(
        Edit(_place(finding, file, first), tuple(map(_without_end, old)), tuple(map(_without_end, new)))
        for file, (before, after) in _versions(finding, sources).items()
        for first, old, new in _hunks(before, after)
    )


def diff_of(finding: Finding, sources: Sources, *, root: str) -> str | None:
    """The fix as a diff that `patch -p1` and `git apply` take, from the folder `root`; None where it has no edit."""
    diffs = [
        unified_diff(before, after, name=shown_file(file, root))
        for file, (before, after) in _versions(finding, sources).items()
    ]
    return "".join(diffs) or None


Lines = tuple[str, ...]


def _versions(finding: Finding, sources: Sources) -> Mapping[str, tuple[Lines, Lines]]:
    """The files that the fix changes, before and after; a file that could not be read is left out."""
    by_file: dict[str, list[Change]] = {}
    for change in finding.fix.changes:
        by_file.setdefault(change.file, []).append(change)
    return {
        file: (before, split_lines(apply_changes("".join(before), by_file[file])))
        for file in sorted(by_file)
        if (before := sources.files.get(file))
    }


def _hunks(before: Lines, after: Lines) -> list[tuple[int, Lines, Lines]]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    changed = [codes for codes in matcher.get_opcodes() if codes[0] != "equal"]
    return [(i1 + 1, before[i1:i2], after[j1:j2]) for _, i1, i2, j1, j2 in changed]


def _place(finding: Finding, file: str, line: int) -> Place:
    named = (finding.fix.place, finding.where, *(r.place for r in finding.related))
    same = next((p for p in named if p and (p.file, p.line) == (file, line)), None)
    return same or Place(file, line, "<module>")


def _without_end(line: str) -> str:
    return line.rstrip("\r\n")
