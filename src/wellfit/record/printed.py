"""Metrics that a program prints: `val_loss=0.31`, `accuracy: 0.93`, `{'eval_loss': 0.4}`."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from wellfit.record.quietly import quietly

LONGEST_LINE = 4000
"""Characters of a line that are read; what is longer is a dump of data."""

MOST_A_LINE = 64
"""Values that are read of one line."""

_VALUE = re.compile(
    r"""(?<![\w./-])["']?(?P<name>[A-Za-z_][\w./-]*)["']?\s*(?:=|:)\s*["']?
    (?P<number>[-+]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf|infinity)\b)
    (?P<percent>\s?%)?(?![\w:/.]*[\w:/])""",
    re.VERBOSE | re.IGNORECASE,
)

Heard = Callable[[str, float, bool], None]

_END = re.compile(r"\r?\n|\r")


def values_in(line: str) -> Iterator[tuple[str, float]]:
    """Names and numbers of a line; a time of day, a path, a version, a shape and a date are none.

    Args:
        line: without its end.

    Example:
        >>> list(values_in("epoch=3 val_loss=0.31, acc: 93.5 % took 00:12:30"))
        [('epoch', 3.0), ('val_loss', 0.31), ('acc', 0.935)]
    """
    if len(line) > LONGEST_LINE or ("=" not in line and ":" not in line):
        return
    for index, match in enumerate(_VALUE.finditer(line)):
        if index >= MOST_A_LINE:
            return
        number = match["number"].rstrip(",").replace(",", "").replace("_", "")
        try:
            yield match["name"], float(number) / (100 if match["percent"] else 1)
        except ValueError:
            continue


class Listener:
    """Hears what is written to a stream, line by line; the stream itself is as it was.

    Args:
        stream: `sys.stdout` or `sys.stderr`; its `write` is looked up on the instance by `print` and all others.
        heard: see `listen`.
    """

    def __init__(self, stream: Any, heard: Heard) -> None:
        self._write = stream.write
        self._heard = heard
        self._process = os.getpid()
        self._line = ""
        self._over = False
        stream.write = self.write

    def write(self, text: Any) -> Any:
        """Write, and read along; nothing of ours reaches the program."""
        written = self._write(text)
        if type(text) is str and os.getpid() == self._process:
            if "\n" in text or "\r" in text or len(self._line) > LONGEST_LINE:
                quietly(self._read, text)
            else:  # `print` writes what ends the line by itself
                self._line += text
        return written

    def _read(self, text: str) -> None:
        if text == "\n":
            line, self._line = self._line, ""
            self._tell(line, over=False)
            return
        text = self._line + text
        begins = 0
        for end in _END.finditer(text):
            self._tell(text[begins : end.start()], over=end[0] == "\r")
            begins = end.end()
        self._line = text[begins:][-LONGEST_LINE - 1 :]

    def _tell(self, line: str, *, over: bool) -> None:
        """A line that is written over, or over another, is a progress bar's: the clock says how often it comes."""
        progress = over or self._over
        self._over = over
        for name, number in values_in(line):
            self._heard(name, number, progress)


def listen(heard: Heard) -> None:
    """Read along what this process prints from here on.

    Args:
        heard: is told name and number of each value, and whether a progress bar shows it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "__dict__"):
            Listener(stream, heard)
