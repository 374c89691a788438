"""What the commands that search share: the search with its bar, and where its answer goes."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from wellfit.cli.output import output_to_errors
from wellfit.errors import FinderError

if TYPE_CHECKING:
    from wellfit.prove.prove import Progress

Answer = TypeVar("Answer")


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
