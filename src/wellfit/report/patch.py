"""A patch as lines that are to be drawn, each with its kind."""

from collections.abc import Iterator
from dataclasses import dataclass

from wellfit.report.naming import plural

MOST_LINES = 4_000
"""That a page holds; the whole patch lies in the record."""

LONGEST_LINE = 2_000
"""Characters of a line: notebooks hold images in one."""

SHORT = 60
"""Lines up to which a patch is shown without being asked for."""

_MARKS = (("diff --git ", "file"), ("untracked ", "file"), ("@@", "hunk"), ("+", "new"), ("-", "old"))
_HEADS = (
    "+++ ",
    "--- ",
    "index ",
    "new file mode ",
    "deleted file mode ",
    "similarity index ",
    "old mode ",
    "new mode ",
)


@dataclass(frozen=True, slots=True)
class Patch:
    """What a page shows of a patch.

    Args:
        run: id of the run whose code it changes.
        lines: kind (`file`, `hunk`, `new`, `old`, `head`, `same`) and text.
        said: how much it is, in words.
        left_out: what is not among the lines, in words; empty where all is.
    """

    run: str
    lines: tuple[tuple[str, str], ...]
    said: str
    left_out: str

    @property
    def is_short(self) -> bool:
        """Whether it is shown without being asked for."""
        return len(self.lines) <= SHORT


def patch_of(run: str, text: str) -> Patch:
    """Take a patch apart.

    Args:
        run: id of the run whose code it changes.
        text: unified diffs, and lines that name untracked files; may be empty.
    """
    lines = tuple(_lines(text))
    kinds = [kind for kind, _ in lines]
    changes = f"{plural(kinds.count('new'), 'line')} added, {kinds.count('old'):,} removed"
    said = f"{plural(kinds.count('file'), 'file')}, {changes}"
    more = len(lines) - MOST_LINES
    left_out = f"{plural(more, 'more line')}: the patch lies in the record" if more > 0 else ""
    return Patch(run, lines[:MOST_LINES], said, left_out)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    in_head = True
    for line in text.removesuffix("\n").split("\n") if text else ():
        kind = next((kind for mark, kind in _MARKS if line.startswith(mark)), "same")
        in_head = kind == "file" or (in_head and kind != "hunk")
        shown = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}… ({len(line):,} characters)"
        yield ("head" if in_head and line.startswith(_HEADS) else kind), shown
