"""Events to JSON lines and back; a line that does not fit is reported, never raised."""

import json
from typing import Any

from wellfit.model.events.catalogue import EVENTS
from wellfit.model.plain import ENCODER, build, values

_BY_NAME: dict[str, type] = {event.__name__: event for event in EVENTS}


def encode(event: object) -> str:
    """One line of JSON, without its newline; the event's class name stands under "event"."""
    return ENCODER.encode({"event": type(event).__name__, **values(event)})


def decode(line: str) -> Any:
    """The event that a line holds, or None where its type is unknown to this version.

    Raises:
        ValueError: the line is no whole JSON object, or a field is missing or of the wrong shape.
    """
    try:
        plain = json.loads(line)
        kind = _BY_NAME.get(plain.pop("event"))
        return None if kind is None else build(kind, plain)
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not an event: {error}") from error
