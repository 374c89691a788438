"""`wellfit check`: run a script, watch it, report."""

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.cli.asking import names_here, plan_of
from wellfit.cli.looking import looking
from wellfit.cli.options import (
    ScriptCommand,
    budget_option,
    output_options,
    rule_options,
    script_argument,
    with_options,
)
from wellfit.cli.output import deliver, mistakes_of, mistakes_of_log, terminal_for_report

if TYPE_CHECKING:
    from wellfit.api import Plan
    from wellfit.model.report import Report
    from wellfit.prove.plan import Plan as ProofPlan


deep_options = [
    click.option(
        "--deep",
        is_flag=True,
        help="Also experiment: run the script a few times in a copy of the working folder, changed on purpose.",
    ),
]
proof_options = [
    click.option(
        "--prove",
        is_flag=True,
        help="Measure what each cure changes: short paired reruns in a copy of the working folder.",
    ),
    budget_option("5min", "reruns"),
    click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="Pairs of reruns per cure."),
]


@click.command(
    cls=ScriptCommand,
    epilog="Exit code 1 takes an error or a warning, not a note. A run that trains nothing exits with 2.",
)
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="End the script after N optimizer steps.")
@with_options(rule_options)
@with_options(output_options)
@click.option(
    "--keep-log",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Keep the event logs for `wellfit judge`: a folder, or a file that ends in .jsonl.",
)
@click.option("--record/--no-record", default=True, help="Keep a record for `wellfit runs`; by default yes.")
@with_options(deep_options)
@with_options(proof_options)
@click.help_option("-h", "--help")
@script_argument
def check(  # noqa: PLR0913, PLR0917 - click hands over every option by name
    steps: int | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    files: tuple[Path, ...],
    shape: str,
    keep_log: Path | None,
    script: tuple[str, ...],
    budget: float,
    seeds: int,
    *,
    record: bool,
    deep: bool,
    prove: bool,
    quiet: bool,
) -> None:
    """Run SCRIPT as `python SCRIPT [ARGS]...` would, watch it, and say why the model under-performs.

    Options stand before SCRIPT; what follows it is the script's own. `-m package.module` takes its place, and so does
    a command that starts Python in the end, such as `torchrun train.py`. The report goes to standard error.

    \b
    Examples:
      wellfit check train.py --epochs 3
      wellfit check --steps 200 -o report.html train.py
      wellfit check --prove --budget 2min train.py
      wellfit check --deep --budget 2min train.py
    """  # noqa: D301 - click's own sign for lines to keep
    from wellfit import api
    from wellfit.cli.exits import exit_code

    files = tuple(file.absolute() for file in files)
    mistakes = [*mistakes_of(files), *mistakes_of_log(keep_log)]
    asked = plan_of(script, mistakes, select=select, ignore=ignore, steps=steps)
    before = names_here() if prove else None
    started = time.monotonic()
    with looking(budget_s=budget, quiet=quiet) if deep else nullcontext() as terms:
        report = api.check(asked, keep_log=keep_log and keep_log.absolute(), deep=terms, record=record)
    if prove:
        spent_s = time.monotonic() - started - (report.elapsed_s or 0.0)
        report = _proved(report, asked, (max(1.0, budget - spent_s), seeds, before), quiet=quiet)
    deliver(report, files=files, terminal=terminal_for_report(quiet=quiet), shape=shape)
    sys.exit(exit_code(report))


def _proved(
    report: "Report", asked: "Plan", terms: tuple[float, int, frozenset[str] | None], *, quiet: bool
) -> "Report":
    from wellfit.cli.proving import announce, progress
    from wellfit.prove.findings import Listener, Terms, prove_findings

    def say(plan: "ProofPlan") -> None:
        if not quiet:
            click.echo(f"wellfit: {announce(plan, terms[0])}", err=True)

    with progress(quiet=quiet) as tell:
        return prove_findings(report, asked.command, Terms(Path.cwd(), *terms), Listener(say, tell))
