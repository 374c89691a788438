"""Hears what parsers of a command line are asked, from the first line of a process on.

Scripts often parse before they import torch. What is heard is held as it is until somebody asks for it: nothing here
costs more than a look at names of modules. It is imported before the program, so it imports nothing that a bare
interpreter has not imported already.
"""

from __future__ import annotations

import sys

from wellfit.script.finder import ModuleFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


class Parse:
    """One call of a parser.

    Args:
        source: `argparse`, `click` or `absl`; typer parses by a click of its own.
        parser: an `argparse.ArgumentParser`, a `click.Command` or an `absl.flags.FlagValues`.
        context: a `click.Context`; None for the others.
        values: by destination, as they were when the parser returned; None before that.
        below: parsers of the sub-commands that were given, from the outermost inwards.
        whole: the parser has returned, and has left no word to another one.
    """

    __slots__ = ("below", "context", "parser", "source", "values", "whole")

    def __init__(  # noqa: PLR0913 - one name for each thing that is held
        self,
        source: str,
        parser: Any,
        context: Any = None,
        values: dict[str, Any] | None = None,
        *,
        below: tuple[Any, ...] = (),
        whole: bool = False,
    ) -> None:
        self.source, self.parser, self.context, self.values = source, parser, context, values
        self.below, self.whole = below, whole


class Parsers:
    """Of this process; calls of parsers are held until somebody listens."""

    def __init__(self) -> None:
        self._hears = False
        self._held: list[Parse] = []
        self._tell: Callable[[Parse], None] = self._held.append

    def hear(self) -> None:
        """Hear parsers from here on, also those whose modules are imported later; once is enough."""
        if self._hears:
            return
        self._hears = True
        _once_imported("argparse", lambda module: self._wrap_argparse(module.ArgumentParser))
        for name in ("click.core", "typer._click.core"):
            _once_imported(name, lambda module: self._wrap_click(module.Command))
        _once_imported("absl.flags._flagvalues", lambda module: self._wrap_absl(module.FlagValues))

    def tell_to(self, tell: Callable[[Parse], None]) -> None:
        """Have all calls so far told to a listener, and each further one before the parser begins and after it.

        Args:
            tell: must not raise.
        """
        self._tell = tell
        held, self._held = self._held, []
        for parse in held:
            tell(parse)

    def _say(self, *args: Any, **kwargs: Any) -> None:
        self._tell(Parse(*args, **kwargs))

    def _wrap_argparse(self, kind: Any) -> None:
        under_way: list[Any] = []  # a parser, and those of sub-commands that have been called within

        def around(original: Any) -> Any:
            def parse(parser: Any, args: Any = None, namespace: Any = None) -> Any:
                if under_way:
                    under_way.append(parser)
                    return original(parser, args, namespace)
                self._say("argparse", parser)
                under_way.append(parser)
                try:
                    values, rest = result = original(parser, args, namespace)
                    below = tuple(inner for inner in under_way if inner is not parser)
                finally:
                    under_way.clear()
                values = dict(getattr(values, "__dict__", {}))
                self._say("argparse", parser, None, values, below=below, whole=not rest)
                return result

            return parse

        for name in ("parse_known_args", "parse_known_intermixed_args"):
            _replace(kind, name, around)

    def _wrap_click(self, kind: Any) -> None:
        def around(original: Any) -> Any:
            def parse_args(command: Any, ctx: Any, args: Any) -> Any:
                self._say("click", command, ctx)
                rest = original(command, ctx, args)
                self._say(
                    "click", command, ctx, dict(ctx.params), whole=not (rest and hasattr(command, "list_commands"))
                )
                return rest

            return parse_args

        _replace(kind, "parse_args", around)

    def _wrap_absl(self, kind: Any) -> None:
        def around(original: Any) -> Any:
            def parse(flags: Any, argv: Any, *args: Any, **kwargs: Any) -> Any:
                self._say("absl", flags)
                rest = original(flags, argv, *args, **kwargs)
                self._say("absl", flags, None, flags.flag_values_dict(), whole=True)
                return rest

            return parse

        _replace(kind, "__call__", around)


def _replace(kind: Any, name: str, around: Callable[[Any], Any]) -> None:
    """Put a method in the place of another one, under its names."""
    original = getattr(kind, name, None)
    if original is None:  # of a version that is not known
        return
    method = around(original)
    method.__name__, method.__qualname__ = original.__name__, original.__qualname__
    method.__doc__, method.__wrapped__ = original.__doc__, original
    setattr(kind, name, method)


def _once_imported(name: str, change: Callable[[ModuleType], None]) -> None:
    module = sys.modules.get(name)
    if module is None:
        sys.meta_path.insert(0, ModuleFinder(name, change))
    else:
        change(module)


PARSERS = Parsers()
"""Of this process, as `sys.modules` is."""
