"""Configurations that a program keeps in objects: dataclasses, and namespaces that were parsed before we listened."""

import argparse
import dataclasses
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

from wellfit.model.record import Option
from wellfit.observe.places import is_user_code
from wellfit.record.options import options_of

DEEPEST = 3
"""Configurations within each other."""

MOST_FRAMES = 12
MOST_VARIABLES = 512

_PLAIN = (str, int, float, bool, type(None), list, tuple, dict)


def configs_around(frame: FrameType | None) -> tuple[Option, ...]:
    """Options that lie in the globals of the user's modules around a frame.

    Args:
        frame: from which to go outwards.
    """
    found: dict[str, Option] = {}
    seen: set[int] = set()
    for variables in _globals_around(frame):
        for value in list(variables.values())[:MOST_VARIABLES]:
            if id(value) not in seen:
                seen.add(id(value))
                found |= {option.name: option for option in _options(value)}
    return tuple(found.values())


def _globals_around(frame: FrameType | None) -> Iterator[Mapping[str, Any]]:
    """Each module's once."""
    seen: set[int] = set()
    left = MOST_FRAMES
    while frame is not None and left:
        if is_user_code(frame.f_code) and id(frame.f_globals) not in seen:
            seen.add(id(frame.f_globals))
            left -= 1
            yield frame.f_globals
        frame = frame.f_back


def _options(value: Any) -> tuple[Option, ...]:
    if type(value) is argparse.Namespace:
        return options_of(vars(value), {}, "argparse")
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return ()
    values, defaults = flattened(value), _defaults(value)
    return options_of(values, defaults, "dataclass")


def flattened(config: Any, prefix: str = "", depth: int = 1) -> dict[str, Any]:
    """The plain fields of a dataclass by name, those of dataclasses within it as `outer.inner`."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name, None)
        if dataclasses.is_dataclass(value) and not isinstance(value, type) and depth < DEEPEST:
            values |= flattened(value, f"{prefix}{field.name}.", depth + 1)
        elif isinstance(value, _PLAIN):
            values[prefix + field.name] = value
    return values


def _defaults(config: Any, prefix: str = "", depth: int = 1) -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name, None)
        if dataclasses.is_dataclass(value) and not isinstance(value, type) and depth < DEEPEST:
            defaults |= _defaults(value, f"{prefix}{field.name}.", depth + 1)
        elif field.default is not dataclasses.MISSING:
            defaults[prefix + field.name] = field.default
    return defaults
