"""`wellfit repro`: whether a script comes back, and how far chance moves its metrics."""

import sys

import click

from wellfit.cli.asking import plan_of
from wellfit.cli.options import ScriptCommand, budget_option, script_argument
from wellfit.cli.output import show
from wellfit.cli.searching import searched

EXAMPLES = """\b
Examples:
  wellfit repro train.py --epochs 3          three whole runs, and two short ones held against each other
  wellfit repro --seeds 5 train.py

\b
Exit codes: 0 it comes back; 1 it does not; 2 not seen, or a usage error.
"""


@click.command(cls=ScriptCommand, epilog=EXAMPLES)
@click.option(
    "--seeds",
    type=click.IntRange(min=3),
    default=3,
    show_default=True,
    metavar="N",
    help="Whole runs, seeded anew.",
)
@budget_option("2min", "short runs")
@click.help_option("-h", "--help")
@script_argument
def repro(seeds: int, budget: float, script: tuple[str, ...]) -> None:
    """Run SCRIPT again and again, and say whether equal seeds give equal runs.

    Options stand before SCRIPT; what follows it is the script's own. Two short runs in a copy of this folder, with
    equal seeds, are held against each other step by step. Model and optimizer are saved and loaded in memory: the
    same answers and the same next step must come out. Whole runs here, each with other seeds, show how far each
    metric moves by chance, which `wellfit runs diff` uses. Whole runs write what the script writes.
    """
    from wellfit.cli.exits import CLEAR, FAILED, FOUND
    from wellfit.keep import front
    from wellfit.report.repro import render

    asked = plan_of(script, ())
    answer = searched(lambda tell: front.repro(asked.command, seeds=seeds, budget_s=budget, tell=tell))
    show(answer, render, sys.stdout)
    sys.exit({True: CLEAR, False: FOUND, None: FAILED}[answer.comes_back])
