"""Objects that are printed over several lines: a model, an optimizer, a configuration; their numbers are no metrics."""

import re

LONGEST, MOST_OUTDENTED = 5000, 64
"""Lines of a dump, and those of them that are no further in than its first: one that goes on for longer was none."""

_OPENS = re.compile(r"(?:^|[\s:=])[A-Z]\w*[a-z]\w*\s?[({]\s*$|^\s*\(?\w+\)?:? ?[\w.]+\(\s*$")
_PAIRS = {"(": ")", "{": "}"}


class Dumps:
    """Follows the lines of a stream."""

    def __init__(self) -> None:
        self._end = ""
        self._indent = 0
        self._left = self._outdented = 0

    def holds(self, line: str) -> bool:
        """Whether a line is part of a dump: from `Adam (` or `BertConfig {` to the bracket that closes it."""
        indent = len(line) - len(line.lstrip())
        if self._end:
            self._left -= 1
            self._outdented -= indent <= self._indent
            if min(self._left, self._outdented) <= 0 or (
                indent <= self._indent and line.lstrip().startswith(self._end)
            ):
                self._end = ""
            return True
        if not line.endswith(("(", "{")) or not _OPENS.search(line):
            return False
        self._end, self._indent = _PAIRS[line[-1]], indent
        self._left, self._outdented = LONGEST, MOST_OUTDENTED
        return True
