"""Edits of text: stretches of a file and what takes their place, and two texts as a unified diff."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CONTEXT_LINES = 3
"""Lines around an edit, as `diff -u` and git show them."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A stretch of one file and the text that takes its place.

    Args:
        file: absolute path, as places carry it.
        start: first character of the stretch, counted in the decoded text from 0.
        end: the character after its last one; equal to `start` where text is only put in.
        text: what stands there instead, with the line ends of the file.
    """

    file: str
    start: int
    end: int
    text: str


def apply_changes(text: str, changes: Iterable[Change]) -> str:
    """The text of one file after changes that do not overlap; of those at one spot the first given comes first."""
    done, position = [], 0
    for change in sorted(changes, key=lambda c: (c.start, c.end)):
        done += [text[position : change.start], change.text]
        position = change.end
    return "".join([*done, text[position:]])


def overlap(one: Change, other: Change) -> bool:
    """Whether two changes of one file touch the same characters, or one puts text into what the other takes away."""
    if one.file != other.file:
        return False
    first, second = sorted((one, other), key=lambda c: (c.start, c.end))
    return second.start < first.end


def unified_diff(old: Sequence[str], new: Sequence[str], *, name: str) -> str:
    """Two versions of a file as a diff that `patch -p1` and `git apply` take; empty where they are equal.

    Args:
        old: lines with their ends as they stand.
        new: lines that shall stand there.
        name: of the file, relative to the folder that the diff is applied in.
    """
    # A tab tells `patch` where a name with spaces ends.
    shown = name.lstrip("/") + ("\t" if " " in name else "")
    lines = difflib.unified_diff(old, new, f"a/{shown}", f"b/{shown}", n=CONTEXT_LINES)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def split_lines(text: str) -> tuple[str, ...]:
    r"""Lines with their ends, cut where Python's own parser cuts them: at `\n`, `\r\n` and `\r` only."""
    return tuple(_split(text))


def _split(text: str) -> Iterable[str]:
    start = 0
    while start < len(text):
        ends = [at for mark in ("\n", "\r") if (at := text.find(mark, start)) >= 0]
        end = min(ends, default=len(text) - 1) + 1
        end += text[end - 1 : end + 1] == "\r\n"
        yield text[start:end]
        start = end
