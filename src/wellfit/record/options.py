"""The script's own options as its parser understood them, with what stands where nobody says otherwise."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wellfit.model.record import Option
from wellfit.record.late import once_imported
from wellfit.record.quietly import quietly

MOST_OPTIONS = 512
LONGEST = 200
"""Characters of a value that is neither number nor boolean."""

Parsed = Callable[[tuple[Option, ...]], None]


def listen(parsed: Parsed) -> None:
    """Hear what argparse and click parse from here on; typer parses by click.

    Args:
        parsed: is told the options of each call of a parser.
    """
    once_imported("argparse", lambda module: _wrap_argparse(module.ArgumentParser, parsed))
    once_imported("click.core", lambda module: _wrap_click(module.Command, parsed))
    once_imported("typer._click.core", lambda module: _wrap_click(module.Command, parsed))


def plain(value: Any) -> str | float | bool | None:
    """A value as a record holds it."""
    if value is None or isinstance(value, (bool, int, float)):
        return value if type(value) in (type(None), bool, int, float) else _number(value)
    text = value if isinstance(value, str) else _shown(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _number(value: Any) -> float:
    return int(value) if isinstance(value, int) else float(value)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > LONGEST:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, (Mapping, list, tuple)):
        return repr(value)
    tells = "object at 0x" not in repr(value)
    return str(value) if tells else type(value).__name__  # an address would differ from run to run


def options_of(values: Mapping[str, Any], defaults: Mapping[str, Any], source: str) -> tuple[Option, ...]:
    """Options from values by name.

    Args:
        values: as parsed.
        defaults: of those that have one.
        source: what parsed them.
    """
    items = list(values.items())[:MOST_OPTIONS]
    return tuple(Option(str(name), plain(value), plain(defaults.get(name)), source) for name, value in items)


def _wrap_argparse(kind: Any, parsed: Parsed) -> None:
    original = kind.parse_known_args
    depth = 0

    def parse_known_args(self: Any, args: Any = None, namespace: Any = None) -> Any:
        nonlocal depth
        depth += 1
        try:
            result = original(self, args, namespace)
        finally:
            depth -= 1
        if not depth:  # parsers of sub-commands are called within
            quietly(_tell_argparse, parsed, self, result[0])
        return result

    parse_known_args.__doc__, parse_known_args.__wrapped__ = original.__doc__, original  # type: ignore[attr-defined]
    kind.parse_known_args = parse_known_args


def _defaults(parser: Any) -> dict[str, Any]:
    """By destination, those of sub-commands included."""
    defaults = dict(parser._defaults)  # noqa: SLF001 - no public way to all of them
    for action in parser._actions:  # noqa: SLF001 - the same
        if isinstance(getattr(action, "choices", None), dict) and hasattr(action, "_parser_class"):
            for below in action.choices.values():
                defaults = {**_defaults(below), **defaults}
        elif isinstance(action.default, str) and callable(action.type):
            defaults[action.dest] = _converted(action.default, action.type)
        else:
            defaults[action.dest] = action.default
    return defaults


def _converted(text: str, kind: Callable[[str], Any]) -> Any:
    """A default of argparse that is a string goes through its type as what is typed does."""
    try:
        return kind(text) if kind in (int, float, bool, str) else text
    except ValueError:
        return text


def _wrap_click(kind: Any, parsed: Parsed) -> None:
    original = kind.invoke

    def invoke(self: Any, ctx: Any) -> Any:
        quietly(_tell_click, parsed, self, ctx)
        return original(self, ctx)

    invoke.__doc__, invoke.__wrapped__ = original.__doc__, original  # type: ignore[attr-defined]
    kind.invoke = invoke


def _tell_argparse(parsed: Parsed, parser: Any, namespace: Any) -> None:
    parsed(options_of(vars(namespace), _defaults(parser), "argparse"))


def _tell_click(parsed: Parsed, command: Any, ctx: Any) -> None:
    defaults = {option.name: option.get_default(ctx) for option in command.params}
    parsed(options_of({name: value for name, value in ctx.params.items() if name in defaults}, defaults, "click"))


def merged(parsed: Iterable[tuple[Option, ...]]) -> tuple[Option, ...]:
    """The latest of each name."""
    return tuple({option.name: option for options in parsed for option in options}.values())
