"""Configurations that a program keeps in objects: dataclasses, models of pydantic, namespaces that nobody parsed."""

import gc
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

from wellfit.model.record import Option
from wellfit.observe.places import is_user_code
from wellfit.record.nested import fields_of, flattened, kind_of, within
from wellfit.record.options import options_of
from wellfit.script.installed import is_users_own

MOST_FRAMES = 12
MOST_VARIABLES = 512

MOST_BLOCKS = 4_000_000
"""Of memory that Python has handed out, beyond which its objects are not gone through: 40 ms for a million of them."""

MOST_CLASSES = 64
"""Of configurations; a program with more has made its data of them."""


def configs_around(frame: FrameType | None) -> tuple[Option, ...]:
    """Options that lie in configurations of the user's.

    These are the globals of the user's modules around a frame, and, wherever it is held, the only instance of a class
    of configurations that a module of the user's defines. A field that two classes share goes by the name of its class.

    Args:
        frame: from which to go outwards.
    """
    outermost = _outermost([*_held_in(_globals_around(frame)), *_only_ones()])
    classes = {type(config) for config in outermost}
    shared = Counter(name for kind in classes for name in fields_of(kind))
    found: dict[str, Option] = {}
    for config in outermost:
        twice = frozenset(name for name in fields_of(type(config)) if shared[name] > 1)
        options = options_of(*flattened(config, twice), kind_of(type(config)))
        found |= {option.name: option for option in options}
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


def _held_in(modules: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    for variables in modules:
        for value in list(variables.values())[:MOST_VARIABLES]:
            if kind_of(type(value)):
                yield value


def _only_ones() -> Iterator[Any]:
    """A configuration in a variable of a function is found by its class; what there are several of is data."""
    classes = _classes()
    if not classes or len(classes) > MOST_CLASSES or sys.getallocatedblocks() > MOST_BLOCKS:
        return
    alive: dict[type, list[Any]] = {}
    for holder in gc.get_referrers(*classes):  # each instance refers to its class
        if type(holder) in classes:
            alive.setdefault(type(holder), []).append(holder)
    yield from (instances[0] for instances in alive.values() if len(instances) == 1)


def _classes() -> set[type]:
    found: set[type] = set()
    for name, module in list(sys.modules.items()):
        if is_users_own(module):
            kinds = (kind for kind in list(vars(module).values())[:MOST_VARIABLES] if isinstance(kind, type))
            found.update(kind for kind in kinds if kind.__module__ == name and kind_of(kind))
    return found


def _outermost(configs: Iterable[Any]) -> list[Any]:
    """Each once, without those that another one holds."""
    each = {id(config): config for config in configs}
    inner = {id(held) for config in each.values() for held in within(config)}
    return [config for key, config in each.items() if key not in inner]
