"""A finding's fix as an edit of one source line, and that edit as a unified diff."""

from dataclasses import dataclass

from wellfit.model.place import Place
from wellfit.model.rule import Finding
from wellfit.model.source import Sources
from wellfit.report.naming import shown_file

CONTEXT_LINES = 3
"""Lines around the edit, as `diff -u` and git show them."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of the user's source and what takes its place.

    Args:
        old: the line as it stands, None where the source could not be read.
        new: the lines that replace it, indented as the old one; empty where the line goes.
    """

    place: Place
    old: str | None
    new: tuple[str, ...]


def edit_of(finding: Finding, sources: Sources) -> Edit | None:
    """The edit that a finding's fix asks for, or None where the rule wrote no replacement."""
    place = finding.fix.place or finding.where
    if place is None or finding.fix.replacement is None:
        return None
    old = sources.line(place)
    new = tuple(_indent_like(old or "", line) for line in finding.fix.replacement.splitlines())
    return None if new == (old,) else Edit(place, old, new)


def _indent_like(model: str, line: str) -> str:
    indentation = model[: len(model) - len(model.lstrip())]
    return indentation + line if line.strip() else ""


def unified_diff(edit: Edit, sources: Sources, *, root: str) -> str | None:
    """The edit as a diff that `patch -p1` and `git apply` take, from the folder `root`."""
    if edit.old is None:
        return None
    lines, line = sources.files[edit.place.file], edit.place.line
    before = lines[max(0, line - 1 - CONTEXT_LINES) : line - 1]
    after = lines[line : line + CONTEXT_LINES]
    end = lines[line - 1][len(edit.old) :]
    new = _with_ends(edit.new, inner=end or "\n", last=end)
    body = [
        *(" " + text for text in before),
        "-" + lines[line - 1],
        *("+" + text for text in new),
        *(" " + text for text in after),
    ]
    return "".join([*_header(edit, root, len(before), len(after)), *map(_closed, body)])


def _with_ends(texts: tuple[str, ...], *, inner: str, last: str) -> list[str]:
    return [text + (inner if n < len(texts) else last) for n, text in enumerate(texts, start=1)]


def _header(edit: Edit, root: str, before: int, after: int) -> list[str]:
    name = shown_file(edit.place.file, root).lstrip("/")
    name += "\t" if " " in name else ""  # tells `patch` where a name with spaces ends
    start, kept = edit.place.line - before, before + after
    size = kept + len(edit.new)
    # An empty new side is addressed by the line before it, as `diff` does.
    new_start = start if size else start - 1
    return [f"--- a/{name}\n", f"+++ b/{name}\n", f"@@ -{start},{kept + 1} +{new_start},{size} @@\n"]


def _closed(line: str) -> str:
    return line if line.endswith(("\n", "\r")) else line + "\n\\ No newline at end of file\n"
