"""How files, places and strings of the user's program are written in every format."""

import signal
import unicodedata
from pathlib import PurePath

from wellfit.model.place import Place


def shown_file(file: str, root: str) -> str:
    """The file relative to the script's folder where it lies below it, else as it is."""
    path = PurePath(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def shown_place(place: Place, root: str) -> str:
    """`file:line`, the form that terminals and editors open."""
    return f"{shown_file(place.file, root)}:{place.line}"


def shown_spot(place: Place, root: str) -> str:
    """`file:line in function`; at the top level there is no function to name."""
    function = "" if place.function == "<module>" else f" in {place.function}"
    return shown_place(place, root) + function


def encodable(text: str) -> str:
    """The text with lone surrogates, which no encoder takes, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable(text: str) -> str:
    """The text with everything that does not print as itself written as an escape.

    Strings of the user's program reach the report; none may move a terminal's cursor or reorder a line.
    """
    return "".join(c if _is_plain(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def on_one_line(text: str) -> str:
    r"""The printable text with its line ends and tabs written as escapes: none may pass for a line of ours.

    Example:
        >>> on_one_line("a\nb")
        'a\\nb'
    """
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def _is_plain(character: str) -> bool:
    if character in _REORDERING:
        return False
    return character in "\t\n" or unicodedata.category(character) not in {"Cc", "Cs"}


_REORDERING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


def plural(count: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def describe_exit(exit_code: int | None) -> str | None:
    """How the script ended in words, None where it ended well or the log does not say."""
    if not exit_code:
        return None
    if exit_code > 0:
        return f"the script ended with exit code {exit_code}"
    known = {member.value: member.name for member in signal.Signals}
    return f"the script was killed by {known.get(-exit_code, f'signal {-exit_code}')}"
