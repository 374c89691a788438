"""Events to JSON lines and back; a line that does not fit is reported, never raised."""

import json
import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from wellfit.model.events.catalogue import EVENTS

_BY_NAME: dict[str, type] = {event.__name__: event for event in EVENTS}


def encode(event: object) -> str:
    """One line of JSON, without its newline; the event's class name stands under "event"."""
    return _ENCODER.encode({"event": type(event).__name__, **_values(event)})


def decode(line: str) -> Any:
    """The event that a line holds, or None where its type is unknown to this version.

    Raises:
        ValueError: the line is no whole JSON object, or a field is missing or of the wrong shape.
    """
    try:
        values = json.loads(line)
        kind = _BY_NAME.get(values.pop("event"))
        return None if kind is None else _build(kind, values)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"not an event: {error}") from error


def _values(value: Any) -> dict[str, Any]:
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _build_optional(kind, value)
    if origin is tuple:
        return _build_tuple(get_args(kind), value)
    if origin is dict:
        key, item = get_args(kind)
        return {key(k): _build(item, v) for k, v in value.items()}
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{name: _build(hints[name], v) for name, v in value.items() if name in hints})  # type: ignore[operator]
    return _check_plain(kind, value)


def _build_optional(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    inner = [k for k in get_args(kind) if k is not type(None)]
    return _build(inner[0], value) if len(inner) == 1 else value


def _build_tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    if len(kinds) == 2 and kinds[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        return tuple(_build(kinds[0], v) for v in value)
    if len(kinds) != len(value):
        raise TypeError(f"expected {len(kinds)} items, got {len(value)}")
    return tuple(_build(k, v) for k, v in zip(kinds, value, strict=True))


def _check_plain(kind: Any, value: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (int, float, str, bool) and not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value
