"""Options that several commands have, and the script that they end with."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from wellfit.cli.output import TERMINAL_FORMATS
from wellfit.cli.proving import Duration

Function = TypeVar("Function", bound=Callable[..., Any])


class ScriptCommand(click.Command):
    """A command whose options end where the script begins: all words after it are the script's own."""

    allow_interspersed_args = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `--` before `-m`, which begins the script as a positional word does."""
        position = self._position_of_module(args)
        return super().parse_args(ctx, args if position is None else [*args[:position], "--", *args[position:]])

    def _position_of_module(self, args: Sequence[str]) -> int | None:
        takes_value = {
            name for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in (*p.opts,)
        }
        position = 0
        while position < len(args) and args[position].startswith("-") and args[position] != "--":
            if args[position].startswith("-m"):
                return position
            position += 2 if args[position] in takes_value else 1
        return None


script_argument = click.argument("script", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]...")


def files_option(what: str, suffixes: str) -> Callable[[Function], Function]:
    """`-o`, repeatable.

    Args:
        what: is written, in words.
        suffixes: that pick a format, in words.
    """
    return click.option(
        "-o",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"Also write {what} there; {suffixes} picks the format. Repeatable.",
    )


def budget_option(default: str, of: str) -> Callable[[Function], Function]:
    """`--budget`.

    Args:
        default: as people type it.
        of: what it is the time of, in words.
    """
    return click.option(
        "--budget", type=Duration(), default=default, show_default=True, metavar="TIME", help=f"For all {of}."
    )


def epochs_option(seen_in: str) -> Callable[[Function], Function]:
    """`--epochs`.

    Args:
        seen_in: what says it where the option does not, in words.
    """
    return click.option(
        "--epochs",
        type=click.FloatRange(min=0, min_open=True),
        metavar="N",
        help=f"Passes over the data in the whole run; by default what {seen_in} say.",
    )


rule_options = [
    click.option("--select", multiple=True, metavar="RULES", help="Only these: ids, names or families, with commas."),
    click.option("--ignore", multiple=True, metavar="RULES", help="Not these: ids, names or families, with commas."),
]
output_options = [
    files_option("the report", ".txt, .json or .html"),
    click.option("--format", "shape", type=click.Choice(TERMINAL_FORMATS), default="text", help="On the terminal."),
    click.option("--quiet", "-q", is_flag=True, help="Print no report; the exit code and the files remain."),
]


def with_options(options: Sequence[Callable[[Any], Any]]) -> Callable[[Function], Function]:
    """A decorator that adds options in the order in which they are listed."""

    def add(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return add
