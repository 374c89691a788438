"""What a recorded run told, from the logs in its folder."""

from dataclasses import replace
from pathlib import Path

from wellfit.digest.read import parse_log
from wellfit.digest.recorded import Recorded, fold_record
from wellfit.model.events.record import TrainingBegan
from wellfit.model.log import EventLog
from wellfit.model.report import Curve
from wellfit.runs.regular_file import read_beginning
from wellfit.script.launch import find_logs

MOST_BYTES = 32 * 2**20
"""Of the logs of one run that are read: seven times what the recorder writes into one before it keeps to totals."""

MOST_LINES = 500_000
"""Of them: a few seconds of reading."""


def told_in(folder: Path, *, scored: bool = False) -> Recorded | None:
    """What the process that keeps the record told; None where there is no log that could be read.

    Args:
        folder: of the run.
        scored: see `fold_record`.
    """
    bytes_left, lines_left = MOST_BYTES, MOST_LINES
    first: EventLog | None = None
    unread = ""
    for path in find_logs(folder):
        try:
            content = read_beginning(Path(path), bytes_left + 1)
        except OSError:  # gone meanwhile, or no regular file
            continue
        kept = _cut(content, bytes_left, lines_left)
        log = parse_log(kept)
        first = first or log
        if len(kept) < len(content):
            unread = f"its logs have more than {MOST_BYTES:,} bytes or {MOST_LINES:,} lines: the rest was not read"
        if log.last(TrainingBegan) or unread:
            return replace(fold_record(log if log.last(TrainingBegan) else first, scored=scored), unread=unread)
        bytes_left, lines_left = bytes_left - len(kept), lines_left - kept.count(b"\n")
    return None if first is None else fold_record(first, scored=scored)


def _cut(content: bytes, most_bytes: int, most_lines: int) -> bytes:
    """Its first whole lines."""
    if len(content) > most_bytes:
        content = content[: content.rfind(b"\n", 0, most_bytes) + 1]
    if content.count(b"\n") <= most_lines:
        return content
    return b"\n".join(content.split(b"\n", most_lines)[:most_lines]) + b"\n"


def drawn(told: Recorded | None) -> dict[str, Curve]:
    """The metrics of a run over its steps, by name."""
    if told is None:
        return {}
    return {
        name: Curve(name, tuple(p.step for p in points), tuple(p.value for p in points))
        for name, points in told.curves.items()
    }
