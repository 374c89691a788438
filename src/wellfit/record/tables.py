"""Tables that programs print: names in one line, numbers below them, or a name and its number between bars."""

import re
from collections.abc import Iterator, Sequence

from wellfit.record.metric_words import is_counter, is_metric, is_of_clock_or_version

FEWEST_COLUMNS, MOST_COLUMNS = 2, 32

_BARS = re.compile(r"[|│┃]")
_NAME = re.compile(r"(?!.*\s\d)[A-Za-z][\w ./@%()#^-]*")
_NUMBER = re.compile(r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf))\s?%?", re.IGNORECASE)
_OTHER = re.compile(r"\d+/\d+|\d+:\d\d(?::\d\d)?(?:\.\d+)?|-+|—|None|n/a", re.IGNORECASE)
"""What may stand in a row besides numbers: so many of so many, a time, nothing."""


class Tables:
    """Remembers the names of the latest table: others may print between its rows."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._kind = ""

    def values_in(self, line: str) -> list[tuple[str, float]] | None:
        """Names and numbers of a row; None where the line is none of a table that is known.

        Args:
            line: without its end.
        """
        kind, cells = _cells(line)
        if not FEWEST_COLUMNS <= len(cells) <= MOST_COLUMNS:
            return None
        if _is_head(kind, cells):
            self._names, self._kind = ["_".join(cell.split()) for cell in cells], kind
            return []
        if kind == self._kind and len(cells) == len(self._names) and _is_row(cells):
            return list(_paired(self._names, cells))
        return _alone(cells) if kind == "bars" and len(cells) == FEWEST_COLUMNS else None


def _cells(line: str) -> tuple[str, list[str]]:
    """How the line is divided, and its parts."""
    text = line.strip()
    if _BARS.match(text):
        return "bars", [cell.strip() for cell in _BARS.split(text.strip("|│┃"))]
    if _BARS.search(text):
        return "inner bars", [cell.strip() for cell in _BARS.split(text)]
    if "\t" in text or "  " in text:
        return "columns", re.split(r"\s*\t\s*|\s{2,}", text)
    if "," in text and "=" not in text and ":" not in text:
        return "commas", [cell.strip() for cell in text.split(",")]
    return "words", text.split()


def _is_head(kind: str, cells: Sequence[str]) -> bool:
    """Names alone, of which some are of metrics or counters: two where only blanks divide them, as in a sentence."""
    if not all(_NAME.fullmatch(cell) for cell in cells):
        return False
    told = sum(is_metric(cell) or is_counter(cell) for cell in cells)
    return told > (kind == "words")


def _is_row(cells: Sequence[str]) -> bool:
    numbers = [cell for cell in cells if _NUMBER.fullmatch(cell)]
    return any("." in cell for cell in numbers) and all(
        cell in numbers or _OTHER.fullmatch(cell) is not None for cell in cells
    )


def _paired(names: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, float]]:
    for name, cell in zip(names, cells, strict=True):
        number = _NUMBER.fullmatch(cell)
        if number and not is_counter(name) and not is_of_clock_or_version(name):
            yield name, float(number["number"])


def _alone(cells: Sequence[str]) -> list[tuple[str, float]] | None:
    name, number = cells[0], _NUMBER.fullmatch(cells[1])
    if number is None or not _NAME.fullmatch(name) or is_of_clock_or_version(name):
        return None
    tells = is_metric(name) or "." in number["number"]
    return [("_".join(name.split()), float(number["number"]))] if tells and not is_counter(name) else None
