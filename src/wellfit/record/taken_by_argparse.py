"""What an `argparse.ArgumentParser` takes, read from the parser itself."""

import argparse
from collections.abc import Iterable, Iterator
from typing import Any

from wellfit.model.option import COMMAND, DeclaredOption, Plain
from wellfit.record.plain import cut, plain

DEEPEST = 8
"""Sub-commands within each other; a parser could be its own."""


def options_taken(parser: argparse.ArgumentParser, command: str = "", depth: int = 0) -> Iterator[DeclaredOption]:
    """Its options, and those of its sub-commands behind the one that chooses between them.

    Args:
        parser: any.
        command: sub-commands that it stands behind, separated by spaces.
        depth: how many these are.
    """
    for action in parser._actions:  # noqa: SLF001 - no public way to them
        below = _sub_commands(action)
        says_only = action.nargs == 0 and action.default == argparse.SUPPRESS  # help and version set nothing
        if below or (action.dest != argparse.SUPPRESS and not says_only):
            yield _declared(action, command)
        if depth < DEEPEST:
            for name, inner in below.items():
                yield from options_taken(inner, f"{command} {name}".strip(), depth + 1)


def _sub_commands(action: argparse.Action) -> dict[str, argparse.ArgumentParser]:
    """Parsers by name, without the further names of each."""
    choices = action.choices if isinstance(action, argparse._SubParsersAction) else None  # noqa: SLF001 - no public name
    found: dict[int, tuple[str, argparse.ArgumentParser]] = {}
    for name, parser in (choices or {}).items():
        found.setdefault(id(parser), (name, parser))
    return dict(found.values())


def _declared(action: argparse.Action, command: str) -> DeclaredOption:
    flags, negations = _switches(action)
    takes = "1" if action.nargs is None else _WORDS.get(action.nargs, str(action.nargs))
    return DeclaredOption(
        name="command" if action.dest == argparse.SUPPRESS else action.dest,
        flags=flags,
        negations=negations,
        type=_conversion(action, takes),
        takes=takes,
        sets=_set_by_flag(action, takes),
        default=plain(default_of(action)),
        choices=tuple(map(plain, action.choices or ())),
        help=cut(str(action.help or "")),
        positional=not action.option_strings,
        required=bool(action.required),
        repeats=isinstance(action, _REPEATING),
        command=command,
        source="argparse",
    )


_WORDS: dict[Any, str] = {argparse.REMAINDER: "*", argparse.PARSER: "1"}
"""How many words an option takes, where argparse has a sign of its own for it."""

_REPEATING = (argparse._AppendAction, argparse._AppendConstAction, argparse._CountAction)  # noqa: SLF001 - no public names


def _switches(action: argparse.Action) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Flags that give it, and those that switch it off."""
    flags = tuple(action.option_strings)
    if isinstance(action, argparse.BooleanOptionalAction):
        off = tuple(flag for flag in flags if flag.startswith("--no-"))  # as that class itself tells them apart
        return tuple(flag for flag in flags if flag not in off), off
    return ((), flags) if action.nargs == 0 and action.const is False else (flags, ())


def _conversion(action: argparse.Action, takes: str) -> str:
    if _sub_commands(action):
        return COMMAND
    if takes == "0":
        if isinstance(action, argparse._CountAction):  # noqa: SLF001 - no public name
            return "int"
        return "bool" if isinstance(action, argparse.BooleanOptionalAction) else type(action.const).__name__
    return "str" if action.type is None else str(getattr(action.type, "__name__", type(action.type).__name__))


def _set_by_flag(action: argparse.Action, takes: str) -> Plain:
    if takes == "0":
        return True if isinstance(action, argparse.BooleanOptionalAction) else plain(action.const)
    return plain(action.const) if takes == "?" else None


def defaults_of(parsers: Iterable[argparse.ArgumentParser]) -> dict[str, Any]:
    """What stands under each destination where nobody gives it.

    Args:
        parsers: a parser and those of the sub-commands that were given, from the outermost inwards.
    """
    defaults: dict[str, Any] = {}
    for parser in parsers:
        actions = {action.dest: default_of(action) for action in parser._actions}  # noqa: SLF001 - no public way to them
        defaults |= {**parser._defaults, **actions}  # noqa: SLF001 - the same
    return defaults


def default_of(action: argparse.Action) -> Any:
    """What argparse puts in the place of an option that nobody gives; a string goes through its type, as a word does.

    The script's own conversions are not called: nothing of its code runs for a record.
    """
    default = action.default
    if default == argparse.SUPPRESS:
        return None
    if isinstance(default, str) and action.type in {int, float, bool, str}:
        try:
            return action.type(default)
        except ValueError:
            return default
    return default
