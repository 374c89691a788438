"""`wellfit check`: run a script, watch it, report."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wellfit.cli.looking import looking
from wellfit.cli.output import TERMINAL_FORMATS, deliver, mistakes_of, mistakes_of_log, terminal_for_report
from wellfit.cli.proving import Duration
from wellfit.errors import UsageError, raise_all

if TYPE_CHECKING:
    from wellfit.api import Plan
    from wellfit.model.report import Report
    from wellfit.prove.plan import Plan as ProofPlan

Function = TypeVar("Function", bound=Callable[..., Any])


class ScriptCommand(click.Command):
    """A command whose options end where the script begins: all words after it are the script's own."""

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


rule_options = [
    click.option("--select", multiple=True, metavar="RULES", help="Only these: ids, names or families, with commas."),
    click.option("--ignore", multiple=True, metavar="RULES", help="Not these: ids, names or families, with commas."),
]
output_options = [
    click.option(
        "-o",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Also write the report there; .txt, .json or .html picks the format. Repeatable.",
    ),
    click.option("--format", "shape", type=click.Choice(TERMINAL_FORMATS), default="text", help="On the terminal."),
    click.option("--quiet", "-q", is_flag=True, help="Print no report; the exit code and the files remain."),
]
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
    click.option(
        "--budget", type=Duration(), default="5min", show_default=True, metavar="TIME", help="For all reruns."
    ),
    click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="Pairs of reruns per cure."),
]


def with_options(options: Sequence[Callable[[Any], Any]]) -> Callable[[Function], Function]:
    """A decorator that adds options in the order in which they are listed."""

    def add(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return add


@click.command(
    cls=ScriptCommand,
    context_settings={"allow_interspersed_args": False},
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
@with_options(deep_options)
@with_options(proof_options)
@click.help_option("-h", "--help")
@click.argument("script", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]...")
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
    asked = _plan(script, select=select, ignore=ignore, steps=steps, mistakes=mistakes)
    before = names_here() if prove else None
    started = time.monotonic()
    with looking(budget_s=budget, quiet=quiet) if deep else nullcontext() as terms:
        report = api.check(asked, keep_log=keep_log and keep_log.absolute(), deep=terms)
    if prove:
        spent_s = time.monotonic() - started - (report.elapsed_s or 0.0)
        report = _proved(report, asked, (max(1.0, budget - spent_s), seeds, before), quiet=quiet)
    deliver(report, files=files, terminal=terminal_for_report(quiet=quiet), shape=shape)
    sys.exit(exit_code(report))


def names_here() -> frozenset[str] | None:
    """What lies in the working folder; None where it cannot be read."""
    from wellfit.prove.workspace import names_in

    return names_in(Path.cwd())


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


def _plan(script: Sequence[str], *, mistakes: list[str], **asked: Any) -> "Plan":
    """The plan, or all mistakes of the whole call at once."""
    from wellfit import api

    try:
        plan = api.plan(script, **asked)
    except UsageError as error:
        raise UsageError(*mistakes, *error.mistakes) from None
    raise_all(mistakes)
    return plan
