"""The group of all commands, and what the process exits with."""

import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from wellfit.cli.batch import batch
from wellfit.cli.check import check
from wellfit.cli.exits import FAILED, INTERRUPTED
from wellfit.cli.fix import fix
from wellfit.cli.judge import judge
from wellfit.cli.lr import lr
from wellfit.cli.recipe import recipe
from wellfit.cli.repro import repro
from wellfit.cli.rerun import rerun
from wellfit.cli.rules import explain, rules
from wellfit.cli.run import run
from wellfit.cli.runs import runs
from wellfit.cli.tune import tune
from wellfit.cli.worker import worker
from wellfit.errors import WellfitError
from wellfit.version import __version__


@click.group(epilog="Exit codes: 0 clear; 1 found; 2 usage error or wellfit's own failure; 3 the script itself failed.")
@click.version_option(__version__, "--version", message="wellfit %(version)s")
@click.help_option("-h", "--help")
def commands() -> None:
    """Run your unmodified PyTorch training script, watch it, and say why the model under-performs."""


for _command in (check, fix, recipe, lr, batch, tune, worker, run, runs, rerun, repro, judge, rules, explain):
    commands.add_command(_command)


def main() -> NoReturn:
    """Run the command line of this process, and leave it with the exit code of what was asked."""
    try:
        exit_code = commands.main(prog_name="wellfit", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_broken_streams()
        exit_code = FAILED
    except (click.Abort, KeyboardInterrupt):
        exit_code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        exit_code = FAILED
    except WellfitError as error:
        for sentence in str(error).splitlines():
            _complain(sentence)
        exit_code = FAILED
    except Exception as error:  # noqa: BLE001 - our own failure is one sentence, never a traceback
        _complain(_describe(error))
        exit_code = FAILED
    sys.exit(exit_code or 0)


def _complain(sentence: str) -> None:
    """It may hold words of the user's files, or of a stranger's."""
    from wellfit.report.naming import printable

    click.echo(f"wellfit: {printable(sentence)}", err=True)


def _describe(error: Exception) -> str:
    if os.environ.get("WELLFIT_DEBUG"):
        return "".join(traceback.format_exception(error))
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    return f"failed itself: {type(error).__name__}: {error} ({where}); WELLFIT_DEBUG=1 shows the traceback"


def _silence_broken_streams() -> None:
    """Nobody reads any more: keep Python from complaining of it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
