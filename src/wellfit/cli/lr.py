"""`wellfit lr`: the learning rate for a script's whole run, from short runs of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.cli.asking import plan_of
from wellfit.cli.options import ScriptCommand, budget_option, epochs_option, files_option, script_argument
from wellfit.cli.output import mistakes_of, show
from wellfit.cli.searching import searched
from wellfit.errors import UsageError

if TYPE_CHECKING:
    from wellfit.model.lr import RateAnswer

EXAMPLES = """\b
Examples:
  wellfit lr train.py --its own --args 3       the rate, its interval, and the losses over rates
  wellfit lr --apply train.py                  write it into the script, where it succeeded
  wellfit lr -o lr.html -o lr.json train.py    the same as a page, and for other tools
  wellfit lr --epochs 30 train.py              where the script does not show how long it runs
  wellfit lr --budget 20min --budget-steps 5000 train.py

\b
Exit codes: 0 found; 2 no rate, with the reason, or a usage error; 3 the script itself failed.
"""


@click.command(cls=ScriptCommand, epilog=EXAMPLES)
@epochs_option("scheduler, trainer and loops")
@click.option("--planned", type=click.IntRange(min=1), metavar="N", help="The same in optimizer steps.")
@budget_option("10min", "short runs")
@click.option(
    "--budget-steps",
    type=click.IntRange(min=1),
    metavar="N",
    help="Optimizer steps of all short runs; by default the whole run's, but at most 1,000 or a fifth of it.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run the longest short runs N times, with other seeds and other rows held back; each time after the first"
    " takes about half of the steps beyond the budget. By default 1; 3 where fewer than 100 rows are held back and no"
    " --budget-steps are given.",
)
@click.option("--apply", is_flag=True, help="Write the rate into the script; nothing is written without one.")
@click.option("--force", is_flag=True, help="With --apply: write a file that git calls changed, too.")
@files_option("it", ".html, .png, .svg, .json or .txt")
@click.help_option("-h", "--help")
@script_argument
def lr(  # noqa: PLR0913, PLR0917 - click hands over every option by name
    epochs: float | None,
    planned: int | None,
    budget: float,
    budget_steps: int | None,
    repeats: int | None,
    files: tuple[Path, ...],
    script: tuple[str, ...],
    *,
    apply: bool,
    force: bool,
) -> None:
    """Find the learning rate with which SCRIPT, unmodified, ends its whole run at the lowest held-out loss.

    Options stand before SCRIPT; what follows it is the script's own. SCRIPT is run some fifteen times for a few steps
    each, in a copy of this folder: once with rising rates, then with a few constant ones, its own schedule compressed,
    judged on training rows that these runs never train on. Rates of all parameter groups move together. Nothing of
    yours changes unless you say --apply.
    """
    from wellfit import api
    from wellfit.cli.exits import CLEAR, FAILED
    from wellfit.find.rate_script.rate import RateTerms
    from wellfit.find.spending import Spending
    from wellfit.report.lr import render
    from wellfit.report.rate_file import SUFFIXES

    files = tuple(file.absolute() for file in files)
    alone = ["--force is of use with --apply only"] if force and not apply else []
    asked = plan_of(script, [*mistakes_of(files, SUFFIXES), *alone])
    terms = RateTerms(epochs, planned, budget_steps, repeats)
    answer = searched(lambda tell: api.find_rate(asked, terms, Spending(Path.cwd(), budget, tell)))
    failures = [failure for file in files if (failure := _write(answer, file))]
    show(answer, render, sys.stdout)
    if apply and answer:
        _apply(answer, force=force)
    if failures:
        raise UsageError(*failures)
    sys.exit(CLEAR if answer else FAILED)


def _apply(answer: "RateAnswer", *, force: bool) -> None:
    """Write the rate, or say why it cannot be and what to write by hand."""
    from wellfit.fix.draft import RefusedError
    from wellfit.fix.rates import rate_edits, spelled
    from wellfit.fix.write import write_files
    from wellfit.report.naming import shown_file
    from wellfit.report.source import sources_of

    places = [p for rates in answer.optimizers for p in (rates.made_at, rates.scheduled_at) if p is not None]
    try:
        edits = rate_edits(answer, sources_of(places))
    except RefusedError as refused:
        found = ", ".join(spelled(rate) for rates in answer.optimizers for rate in dict.fromkeys(rates.found))
        raise UsageError(f"--apply: nothing was written, since {refused}; set the rate to {found} by hand") from None
    write_files(edits, force=force)
    for file in edits:
        click.echo(f"wellfit: written to {shown_file(file, answer.root)}", err=True)


def _write(answer: "RateAnswer", file: Path) -> str | None:
    from wellfit.report.rate_file import write

    try:
        write(answer, file)
    except OSError as error:
        return f"{file} could not be written: {error.strerror or error}"
    return None
