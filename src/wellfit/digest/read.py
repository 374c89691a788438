"""A saved log back to events, whatever is left of it."""

from pathlib import Path

from wellfit.model.codec import decode
from wellfit.model.events.run import Ended
from wellfit.model.log import EventLog


def read_log(path: Path) -> EventLog:
    """Read a log; what is cut or damaged is named, never raised.

    Raises:
        OSError: the file cannot be read at all.
    """
    return parse_log(path.read_bytes())


def parse_log(content: bytes) -> EventLog:
    """The events of a log's content; what is cut or damaged is named, never raised."""
    lines = content.decode("utf-8", "replace").split("\n")
    missing: list[str] = []
    tail = lines.pop()
    if tail:
        missing.append("the log is cut in the middle of its last line")
    events, damaged = _decode_all(lines)
    if damaged:
        missing.append(f"{damaged} of {len(lines)} log lines are damaged and were passed over")
    if not any(isinstance(e, Ended) for e in events):
        missing.append("the log has no end: the process was killed, or left by os._exit; totals may lag behind")
    return EventLog(events, tuple(missing))


def _decode_all(lines: list[str]) -> tuple[tuple[object, ...], int]:
    events: list[object] = []
    damaged = 0
    for line in lines:
        try:
            event = decode(line)
        except ValueError:
            damaged += bool(line.strip())
        else:
            if event is not None:
                events.append(event)
    return tuple(events), damaged
