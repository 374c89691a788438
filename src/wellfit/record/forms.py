"""Reads lines by their form: a program prints the same words with other digits, again and again."""

import re
from collections.abc import Iterator

from wellfit.record.lines import LONGEST_LINE, named_numbers
from wellfit.record.tokens import WORD, Token

MOST_FORMS = 512
"""That are remembered; a progress bar has some hundred."""

_RUN = re.compile(rf"{WORD}|(\d[\d_]*)((?:,\d{{3}})*)(?!\d)(\.\d+)?([eE][-+]?\d+)?")
_PLACE = re.compile(r"(\d+)(?:,000)?(?:\.0)?(?:e0)?")
_NUMBER = re.compile(r"\d|nan|inf", re.IGNORECASE)


class Forms:
    """Forms of lines that have been read, and where in them the metrics stand.

    In a form each number is a zero with as many parts as it has. What `named_numbers` finds does not hang on the
    digits, so it is asked once for each form, of a line in which each number is its own place among them.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[str, Token], ...]] = {}

    def values_in(self, line: str) -> Iterator[tuple[str, float]]:
        """As `lines.values_in`."""
        if len(line) > LONGEST_LINE or not _NUMBER.search(line):
            return
        runs: list[str] = []

        def form(found: re.Match[str]) -> str:
            if found[1] is None:
                return found[0]
            runs.append(found[0])
            return _shape("0", found)

        key = _RUN.sub(form, line)
        places = self._known.get(key)
        if places is None:
            places = self._learn(key, line)
        for name, token in places:
            yield name, Token(token.kind, _PLACE.sub(lambda found: runs[int(found[1])], token.text)).value

    def _learn(self, key: str, line: str) -> tuple[tuple[str, Token], ...]:
        count = iter(range(len(line)))

        def place(found: re.Match[str]) -> str:
            return found[0] if found[1] is None else _shape(str(next(count)), found)

        if len(self._known) >= MOST_FORMS:
            self._known.clear()
        places = self._known[key] = tuple(named_numbers(_RUN.sub(place, line)))
        return places


def _shape(whole: str, found: re.Match[str]) -> str:
    return f"{whole}{',000' if found[2] else ''}{'.0' if found[3] else ''}{'e0' if found[4] else ''}"
