"""The fields of a configuration as options, those of configurations within it as `optimizer.lr`."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

DEEPEST = 4
"""Configurations within each other."""

MOST_KEYS = 64
"""Of a dictionary that is a configuration; one with more is a table."""

_PLAIN = (str, int, float, bool, type(None), list, tuple, dict, PurePath, Enum)

_EMPTY: frozenset[Any] = frozenset({list, dict, tuple, set})
"""Factories of defaults that may be called: no code of the user's runs."""

Values = dict[str, Any]


def kind_of(kind: type) -> str:
    """What a class of configurations is made by: `dataclass`, `pydantic`, `argparse`; empty for any other class."""
    if dataclasses.is_dataclass(kind):
        return "dataclass"
    if kind is argparse.Namespace:
        return "argparse"
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    return "pydantic" if isinstance(base, type) and issubclass(kind, base) and kind is not base else ""


def fields_of(kind: type) -> dict[str, tuple[Any, Callable[[], Any] | None]]:
    """Default and factory of the default by field; `dataclasses.MISSING` and None where there is none."""
    if dataclasses.is_dataclass(kind):
        return {
            field.name: (field.default, None if field.default_factory is dataclasses.MISSING else field.default_factory)
            for field in dataclasses.fields(kind)
        }
    found = getattr(kind, "model_fields", {})
    fields = found if isinstance(found, Mapping) else {}
    return {
        name: (dataclasses.MISSING if field.is_required() else field.default, field.default_factory)
        for name, field in fields.items()
    }


def flattened(config: Any, shared: frozenset[str] = frozenset()) -> tuple[Values, Values]:
    """Values and defaults by name.

    Args:
        config: a configuration.
        shared: fields that go by the name of its class as well.
    """
    values, defaults = dict(_flat(config)), _defaults(config)
    named = {name: _named(config, name, shared) for name in {**values, **defaults}}
    return ({named[n]: v for n, v in values.items()}, {named[n]: v for n, v in defaults.items()})


def _named(config: Any, name: str, shared: frozenset[str]) -> str:
    return f"{type(config).__name__}.{name}" if name.partition(".")[0] in shared else name


def within(config: Any, depth: int = 1) -> Iterator[Any]:
    """All configurations that one holds."""
    for _, value in _items(config):
        if _is_nested(value) and depth < DEEPEST:
            yield value
            yield from within(value, depth + 1)


def _items(config: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(config, Mapping):
        yield from ((str(name), value) for name, value in config.items())
    elif isinstance(config, argparse.Namespace):
        yield from vars(config).items()
    else:
        yield from ((name, getattr(config, name, None)) for name in fields_of(type(config)))


def _is_nested(value: Any) -> bool:
    if isinstance(value, dict):
        return 0 < len(value) <= MOST_KEYS and all(isinstance(key, str) for key in value)
    return bool(kind_of(type(value)))


def _flat(config: Any, prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    for name, value in _items(config):
        if _is_nested(value) and depth < DEEPEST:
            yield from _flat(value, f"{prefix}{name}.", depth + 1)
        elif isinstance(value, _PLAIN):
            yield prefix + name, value


def _defaults(config: Any) -> Values:
    """Of the plain fields; what a function of the user's would make is not known, for that is not called."""
    defaults: Values = {}
    if isinstance(config, (Mapping, argparse.Namespace)):
        return defaults
    for name, (default, factory) in fields_of(type(config)).items():
        held = getattr(config, name, None)
        if default is not dataclasses.MISSING and not (default is None and factory):
            inner = dict(_flat({name: default}))
        elif factory in _EMPTY:
            inner = {name: factory()} if factory else {}
        elif _is_nested(held) and factory in {None, type(held)}:
            inner = {f"{name}.{below}": value for below, value in _defaults(held).items()}
        else:
            inner = {}
        defaults |= inner
    return defaults
