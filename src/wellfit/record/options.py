"""The script's own options as its parser understood them, with what stands where nobody says otherwise."""

from collections.abc import Mapping
from typing import Any

from wellfit.model.option import DeclaredOption
from wellfit.model.record import Option
from wellfit.record import taken_by_absl, taken_by_argparse, taken_by_click
from wellfit.record.plain import plain
from wellfit.record.quietly import quietly
from wellfit.script.parsers import PARSERS, Parse

MOST_OPTIONS = 512


class Parsed:
    """What the parsers of this process take and have understood; of each name the latest."""

    def __init__(self) -> None:
        self._options: dict[str, Option] = {}
        self._declared: dict[tuple[str, str], DeclaredOption] = {}

    @property
    def options(self) -> tuple[Option, ...]:
        """As they were parsed."""
        return tuple(self._options.values())

    @property
    def declared(self) -> tuple[DeclaredOption, ...]:
        """As the parsers take them."""
        return tuple(self._declared.values())[:MOST_OPTIONS]

    def listen(self) -> None:
        """Take all that parsers have been asked so far, and will be."""
        PARSERS.hear()
        PARSERS.tell_to(lambda parse: quietly(self.note, parse))

    def note(self, parse: Parse) -> None:
        """Take one call of a parser, before it has returned, or after that."""
        for option in declared_by(parse):
            self._declared[option.command, option.name] = option
        if parse.values is not None:
            self._options |= {option.name: option for option in options_of(*_understood(parse), parse.source)}


def declared_by(parse: Parse) -> tuple[DeclaredOption, ...]:
    """What a parser takes, in its own order; of argparse the options of its sub-commands, too."""
    if parse.source == "argparse":
        return tuple(taken_by_argparse.options_taken(parse.parser))
    if parse.source == "absl":
        return tuple(taken_by_absl.options_taken(parse.parser))
    return tuple(taken_by_click.options_taken(parse.parser, parse.context))


def _understood(parse: Parse) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Values and defaults by name."""
    values = parse.values or {}
    if parse.source == "argparse":
        return values, taken_by_argparse.defaults_of((parse.parser, *parse.below))
    absl = parse.source == "absl"
    defaults = (
        taken_by_absl.defaults_of(parse.parser) if absl else taken_by_click.defaults_of(parse.parser, parse.context)
    )
    return {name: value for name, value in values.items() if name in defaults}, defaults


def options_of(values: Mapping[str, Any], defaults: Mapping[str, Any], source: str) -> tuple[Option, ...]:
    """Options from values by name.

    Args:
        values: as parsed.
        defaults: of those that have one.
        source: what parsed them.
    """
    items = list(values.items())[:MOST_OPTIONS]
    return tuple(Option(str(name), plain(value), plain(defaults.get(name)), source) for name, value in items)
