"""`wellfit judge`: a report from saved event logs."""

import sys
from pathlib import Path

import click

from wellfit.cli.options import output_options, rule_options, with_options
from wellfit.cli.output import deliver, mistakes_of
from wellfit.errors import raise_all


@click.command()
@with_options(rule_options)
@with_options(output_options)
@click.help_option("-h", "--help")
@click.argument("events", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="EVENTS...")
def judge(  # noqa: PLR0913 - click hands over every option by name
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    files: tuple[Path, ...],
    shape: str,
    events: tuple[Path, ...],
    *,
    quiet: bool,
) -> None:
    """Judge the event logs of one run, kept by `wellfit check --keep-log`; needs no torch.

    EVENTS are the logs of one run or a folder that holds them. The report goes to standard output.
    """
    from wellfit import api
    from wellfit.cli.exits import exit_code

    raise_all(mistakes_of(files))
    report = api.judge_logs(events, select=select, ignore=ignore)
    deliver(report, files=files, terminal=None if quiet else sys.stdout, shape=shape)
    sys.exit(exit_code(report))
