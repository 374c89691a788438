"""Where a report goes: the terminal, and the files of `-o`."""

import os
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO, TypeVar

from wellfit.errors import UsageError

if TYPE_CHECKING:
    from wellfit.model.report import Report
    from wellfit.model.source import Sources

SUFFIXES = {".txt": "text", ".json": "json", ".html": "html"}
TERMINAL_FORMATS = ("text", "json")
Shown = TypeVar("Shown")
Shown_contra = TypeVar("Shown_contra", contravariant=True)
FILE_WIDTH = 120
"""Columns where no terminal says how many there are."""


@contextmanager
def output_to_errors() -> Iterator[None]:
    """What a child prints goes to standard error, so that standard output holds what was asked for alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def mistakes_of(files: Sequence[Path], suffixes: Collection[str] = tuple(SUFFIXES)) -> list[str]:
    """What is wrong with the names after `-o`, before anything has run.

    Args:
        files: the names.
        suffixes: known ones.
    """
    return [mistake for file in files if (mistake := _mistake_of(file, suffixes))]


def _mistake_of(file: Path, suffixes: Collection[str]) -> str | None:
    if file.suffix not in suffixes:
        known = ", ".join(suffixes)
        return f"-o {file}: the suffix picks the format and must be one of {known}, got {file.suffix or 'none'}"
    if file.is_dir():
        return f"-o {file}: is a folder"
    if not file.parent.is_dir():
        return f"-o {file}: no such folder: {file.parent}"
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        return f"-o {file}: permission denied"
    return None


def mistakes_of_log(target: Path | None) -> list[str]:
    """What is wrong with the name after `--keep-log`; one folder never holds the logs of two runs."""
    if target is None:
        return []
    if target.suffix == ".jsonl":
        return [] if target.parent.is_dir() else [f"--keep-log {target}: no such folder: {target.parent}"]
    if target.is_file():
        return [f"--keep-log {target}: must be a folder, or a file that ends in .jsonl"]
    if any(target.glob("events-*.jsonl")):
        return [f"--keep-log {target}: already holds the event logs of another run"]
    return []


def deliver(report: "Report", *, files: Sequence[Path], terminal: TextIO | None, shape: str) -> None:
    """Write the report to all files, then to the terminal.

    Args:
        report: the judged run.
        files: from `-o`; their suffixes pick the format.
        terminal: stream to print to; None prints nothing.
        shape: "text" or "json", for the terminal.

    Raises:
        UsageError: a file could not be written; the others and the terminal have their report all the same.
    """
    from wellfit.fix.edits import write_edits
    from wellfit.report.source import read_sources

    sources = read_sources(report)
    report = write_edits(report, sources)
    failures = [failure for file in files if (failure := _write(report, sources, file))]
    if terminal is not None:
        # The script's last line, a progress bar perhaps, may lack its end.
        start = "\n" if terminal.isatty() and shape == "text" else ""
        terminal.write(start)
        show(report, partial(render, sources=sources, shape=shape), terminal)
    if failures:
        raise UsageError(*failures)


def _write(report: "Report", sources: "Sources", file: Path) -> str | None:
    text = render(report, sources, shape=SUFFIXES[file.suffix], width=FILE_WIDTH, color=False)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"{file} could not be written: {error.strerror or error}"
    return None


class Render(Protocol[Shown_contra]):
    """A format for the terminal."""

    def __call__(self, answer: Shown_contra, /, *, width: int, color: bool) -> str:
        """The answer as text."""


def show(answer: Shown, render: Render[Shown], terminal: TextIO) -> None:
    """Print an answer in the width and with the colours of the terminal.

    Args:
        answer: what is rendered.
        render: the format.
        terminal: stream to print to.
    """
    from wellfit.report.terminal import wants_color

    color = wants_color(is_terminal=terminal.isatty(), environment=os.environ)
    width = shutil.get_terminal_size((FILE_WIDTH, 24)).columns if terminal.isatty() else FILE_WIDTH
    encoding = terminal.encoding or "utf-8"
    terminal.write(render(answer, width=width, color=color).encode(encoding, "replace").decode(encoding))
    terminal.flush()


def render(report: "Report", sources: "Sources", *, shape: str, width: int, color: bool) -> str:
    """The report as text, json or html; a format's own imports are paid by those who ask for it."""
    if shape == "text":
        from wellfit.report import text

        return text.render(report, sources, width=width, color=color)
    if shape == "json":
        from wellfit.report import json

        return json.render(report, sources)
    from wellfit.report import html

    return html.render(report, sources)


def terminal_for_report(*, quiet: bool) -> TextIO | None:
    """Standard error, which leaves the script's own output alone; None where nobody wants or can read it."""
    return None if quiet else sys.stderr
