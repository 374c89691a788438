"""Metrics that a program prints: `val_loss=0.31`, `accuracy: 0.93`, `{'eval_loss': 0.4}`, `val acc 91.2%`, tables."""

import os
import re
import sys
from collections.abc import Callable
from typing import Any

from wellfit.record.dumps import Dumps
from wellfit.record.forms import Forms
from wellfit.record.lines import LONGEST_LINE
from wellfit.record.quietly import quietly
from wellfit.record.tables import Tables

Heard = Callable[[str, float, bool], None]

_END = re.compile(r"\r?\n|\r")


_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Reader:
    """Reads the lines of one stream: what a line says may hang on those before it."""

    def __init__(self) -> None:
        self._forms, self._tables, self._dumps = Forms(), Tables(), Dumps()

    def values_in(self, line: str) -> list[tuple[str, float]]:
        """Names and numbers of the next line.

        Args:
            line: without its end.
        """
        if len(line) > LONGEST_LINE:
            return []
        if "\x1b" in line:
            line = _COLOUR.sub("", line)
        if self._dumps.holds(line):
            return []
        row = self._tables.values_in(line)
        return list(self._forms.values_in(line)) if row is None else row


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
        self._reader = Reader()
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
        for name, number in self._reader.values_in(line):
            self._heard(name, number, progress)


def listen(heard: Heard) -> None:
    """Read along what this process prints from here on.

    Args:
        heard: is told name and number of each value, and whether a progress bar shows it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "__dict__"):
            Listener(stream, heard)
