"""What the commands that search share: the plan, the search with its bar, and the answer on the terminal."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from wellfit.cli.output import FILE_WIDTH, output_to_errors
from wellfit.errors import FinderError, UsageError

if TYPE_CHECKING:
    from wellfit.api import Plan
    from wellfit.prove.prove import Progress

Answer = TypeVar("Answer")
Shown_contra = TypeVar("Shown_contra", contravariant=True)


class Render(Protocol[Shown_contra]):
    """A format for the terminal."""

    def __call__(self, answer: Shown_contra, *, width: int, color: bool) -> str:
        """The answer as text."""


def plan_of(script: Sequence[str], mistakes: Sequence[str]) -> "Plan":
    """The plan, or all mistakes of the whole call at once.

    Args:
        script: what was typed after the options.
        mistakes: of the options.

    Raises:
        UsageError: there are mistakes, or no such script.
    """
    from wellfit import api

    try:
        asked = api.plan(script)
    except UsageError as error:
        raise UsageError(*mistakes, *error.mistakes) from None
    if mistakes:
        raise UsageError(*mistakes)
    return asked


def searched(look: "Callable[[Progress], Answer]") -> Answer:
    """The answer; a script that fails itself ends us here, with its own exit code.

    Args:
        look: searches, and tells how far it is.
    """
    from wellfit.cli.exits import SCRIPT_FAILED
    from wellfit.cli.proving import progress

    try:
        with output_to_errors(), progress(quiet=False, title="searching") as tell:
            return look(tell)
    except FinderError as error:
        if not error.script_failed:
            raise
        click.echo(f"wellfit: {error}", err=True)
        sys.exit(SCRIPT_FAILED)


def show(answer: Answer, render: Render[Answer]) -> None:
    """Print an answer to standard output, in the width and with the colours of the terminal there."""
    from wellfit.report.terminal import wants_color

    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((FILE_WIDTH, 24)).columns if is_terminal else FILE_WIDTH
    text = render(answer, width=width, color=wants_color(is_terminal=is_terminal, environment=os.environ))
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
