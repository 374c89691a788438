"""`wellfit rerun`: a recorded run once more, and whether it comes back."""

import shlex
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wellfit.runs.store import KeptRun

EXAMPLES = """\b
Examples:
  wellfit rerun 20261128-091834-sv8y        its code, its command, its seeds
  wellfit rerun --check sv8y                and whether every number comes back
  wellfit rerun --link data sv8y            with data that git ignores

\b
Exit codes: the script's own; with --check 0 where all came back, 1 where something differs; 2 for a usage error.
"""


@click.command(epilog=EXAMPLES)
@click.option("--check", is_flag=True, help="Compare what comes back with the record, to the last bit.")
@click.option(
    "--link", "links", multiple=True, metavar="PATH", help="Data that git ignores, below the working tree. Repeatable."
)
@click.option("--yes", is_flag=True, help="Do not ask before the command of a record from elsewhere is run.")
@click.help_option("-h", "--help")
@click.argument("run", metavar="ID")
def rerun(run: str, links: tuple[str, ...], *, check: bool, yes: bool) -> None:
    """Run the recorded run ID again: same code, command, seeds and state of the random generators.

    Its commit, the changes beyond it and its untracked sources are brought back in a working tree of their own, which
    goes away afterwards; yours stays as it is. The new run is recorded too.
    """
    from wellfit.cli.exits import CLEAR, FOUND
    from wellfit.keep import front
    from wellfit.report.naming import on_one_line, printable
    from wellfit.report.runs import stranger_words

    def trust(kept: "KeptRun") -> bool:
        click.echo(f"wellfit: {kept.record.id} {stranger_words(kept.record)}", err=True)
        click.echo(f"  {on_one_line(shlex.join(kept.record.words))}", err=True)
        return yes or (sys.stdin.isatty() and click.confirm("run it?", err=True))

    def tell(name: str) -> None:
        click.echo(f"wellfit: finding out why it differs: {name}", err=True)

    again = front.had_again(run, links=links, check=check, trust=trust, tell=tell)
    record = again.kept.record
    for note in (*again.notes, *again.kept.notices):
        click.echo(f"wellfit: {printable(note)}", err=True)
    click.echo(f"wellfit: {record.status}, recorded as {record.id}", err=True)
    code = again.kept.outcome.exit_code
    if not check:
        sys.exit(code if code >= 0 else 128 - code)
    if again.difference is None:
        click.echo(f"equal to the last bit: {again.compared}")
        sys.exit(CLEAR)
    click.echo(f"differs first in {again.difference.what}: {printable(again.difference.saw)}")
    if again.cause is not None:
        click.echo(f"cause: {again.cause.what}: {on_one_line(again.cause.saw)}")
    if again.cause is not None and again.cause.fix:
        click.echo(f"fix: {on_one_line(again.cause.fix)}")
    sys.exit(FOUND)
