"""Dataclasses of the shared words to plain JSON values and back."""

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


def values(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as they are."""
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


ENCODER = json.JSONEncoder(separators=(",", ":"), default=values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def build(kind: Any, value: Any) -> Any:
    """What `values` has taken apart, put together again; fields that the type does not have are left out.

    Raises:
        TypeError: a field is missing or of the wrong shape.
    """
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _build_optional(kind, value)
    if origin is tuple:
        return _build_tuple(get_args(kind), value)
    if origin in (dict, Mapping):
        key, item = get_args(kind)
        return {key(k): build(item, v) for k, v in value.items()}
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{name: build(hints[name], v) for name, v in value.items() if name in hints})  # type: ignore[operator]
    return _check_plain(kind, value)


def _build_optional(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    inner = [k for k in get_args(kind) if k is not type(None)]
    return build(inner[0], value) if len(inner) == 1 else value


def _build_tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    if len(kinds) == 2 and kinds[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        return tuple(build(kinds[0], v) for v in value)
    if len(kinds) != len(value):
        raise TypeError(f"expected {len(kinds)} items, got {len(value)}")
    return tuple(build(k, v) for k, v in zip(kinds, value, strict=True))


def _check_plain(kind: Any, value: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (int, float, str, bool) and not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value
