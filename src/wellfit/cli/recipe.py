"""`wellfit recipe`: what a script does beside what the recipe of its model's family says."""

import sys
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.cli.asking import names_here, plan_of
from wellfit.cli.options import (
    ScriptCommand,
    budget_option,
    epochs_option,
    files_option,
    script_argument,
    with_options,
)
from wellfit.cli.output import FILE_WIDTH, mistakes_of, output_to_errors, show
from wellfit.errors import UsageError

if TYPE_CHECKING:
    from wellfit.model.advice import Advice
    from wellfit.prove.findings import Listener, Terms
    from wellfit.prove.plan import Plan as ProofPlan
    from wellfit.prove.prove import Progress

EXAMPLES = """\b
Examples:
  wellfit recipe train.py --its own --args 3        the table, and the code to paste
  wellfit recipe --code train.py > setup.py         the code alone
  wellfit recipe --epochs 30 train.py               where the run does not show how long it is
  wellfit recipe --family decoder train.py          go before what is detected
  wellfit recipe --optimizer AdamW --pretrained train.py
  wellfit recipe --prove train.py                   measure what the recipe changes
  wellfit recipe --prove --seeds 6 --budget 20min train.py

\b
Exit codes: 0 compared, whatever was measured; 2 usage error, or a run that trains nothing;
3 the script itself failed.
"""

PROOF_OPTIONS = [
    click.option(
        "--prove",
        is_flag=True,
        help="Measure what the recipe changes: paired reruns, with as many steps each, in a copy of this folder.",
    ),
    budget_option("5min", "reruns"),
    click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="Pairs of reruns."),
]


@click.command(cls=ScriptCommand, epilog=EXAMPLES)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    metavar="N",
    help="End the script after N optimizer steps.",
)
@epochs_option("scheduler and loops")
@click.option("--family", metavar="NAME", help="A family of models, or a recipe; by default what is detected.")
@click.option("--optimizer", metavar="NAME", help="A class of torch.optim; by default the recipe's own.")
@click.option("--pretrained/--fresh", default=None, help="Whether the weights come trained; by default as they look.")
@with_options(PROOF_OPTIONS)
@click.option("--code", is_flag=True, help="Print only the code, to standard output; the script's goes to the other.")
@files_option("it", ".txt or .json")
@click.help_option("-h", "--help")
@script_argument
def recipe(  # noqa: PLR0913, PLR0917 - click hands over every option by name
    steps: int,
    epochs: float | None,
    family: str | None,
    optimizer: str | None,
    pretrained: bool | None,  # noqa: FBT001 - the same
    files: tuple[Path, ...],
    script: tuple[str, ...],
    budget: float,
    seeds: int,
    *,
    prove: bool,
    code: bool,
) -> None:
    """Run a few steps of SCRIPT, unmodified, and show what it does beside the recipe of its model's family.

    Options stand before SCRIPT; what follows it is the script's own. Each value of the recipe has its source and the
    rule that fitted it to this run. The table and the code to paste go to standard error. With --prove, SCRIPT is run
    several times more, as it is and with the recipe in place of its own set-up, and the difference is told.
    """
    from wellfit import api
    from wellfit.cli.exits import CLEAR, FAILED, SCRIPT_FAILED
    from wellfit.model.wishes import Wishes

    files = tuple(file.absolute() for file in files)
    wishes = Wishes(family, optimizer, pretrained, epochs)
    asked = plan_of(script, [*_mistakes_of(files), *api.mistakes_of_wishes(wishes)], steps=steps)
    with ExitStack() as stack:
        stack.enter_context(output_to_errors() if code else nullcontext())
        advice = api.advise(asked, wishes, proof=_proof(budget, seeds, stack) if prove else None)
    _deliver(advice, files, code=code)
    compared = CLEAR if advice.comparison else FAILED
    sys.exit(SCRIPT_FAILED if advice.exit_code else compared)


def _proof(budget_s: float, seeds: int, stack: ExitStack) -> "tuple[Terms, Listener]":
    """What the proof may cost, and the terminal as its listener; a bar runs from the announcement on."""
    from wellfit.cli.proving import announce_recipe, progress
    from wellfit.prove.findings import Listener, Terms

    bar: list[Progress] = []

    def say(plan: "ProofPlan") -> None:
        click.echo(f"wellfit: {announce_recipe(plan, budget_s)}", err=True)
        bar.append(stack.enter_context(progress(quiet=False, title="measuring")))

    def tell(done: int, total: int) -> None:
        bar[-1](done, total)

    return Terms(Path.cwd(), budget_s, seeds, names_here()), Listener(say, tell)


def _mistakes_of(files: tuple[Path, ...]) -> list[str]:
    pages = [f"-o {file}: must end in .txt or .json, got .html" for file in files if file.suffix == ".html"]
    return pages or mistakes_of(files)


def _deliver(advice: "Advice", files: tuple[Path, ...], *, code: bool) -> None:
    failures = [failure for file in files if (failure := _write(advice, file))]
    if code and advice.comparison:
        click.echo(advice.comparison.code.rstrip())
        if advice.measured:
            from wellfit.report.measured import verdict_on

            click.echo(f"wellfit: {verdict_on(advice.measured)}", err=True)
        for note in advice.comparison.notes:
            click.echo(f"wellfit: {note}", err=True)
    if advice.comparison and not code:
        from wellfit.report.recipe import render

        click.echo("", err=True, nl=sys.stderr.isatty())  # the script's last line may lack its end
        show(advice, render, sys.stderr)
    else:
        for notice in advice.notices:
            click.echo(f"wellfit: {notice}", err=True)
    if failures:
        raise UsageError(*failures)


def _write(advice: "Advice", file: Path) -> str | None:
    from wellfit.report.json import render_advice
    from wellfit.report.recipe import render

    text = render_advice(advice) if file.suffix == ".json" else render(advice, width=FILE_WIDTH)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"{file} could not be written: {error.strerror or error}"
    return None
