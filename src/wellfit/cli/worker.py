"""`wellfit worker`: tries settings of a search that was begun elsewhere."""

from typing import TYPE_CHECKING

import click

from wellfit.errors import UsageError

if TYPE_CHECKING:
    from wellfit.tune.study.ledger import Ledger

EXAMPLES = """\b
Examples:
  wellfit worker postgresql://user@host/studies --name train      on any machine that has the same folder
  wellfit worker .wellfit/studies/train                           one more process on this machine
  WELLFIT_STUDY=postgresql://user:password@host/studies wellfit worker
                                           the address, and its password, stay off the command line

\b
Exit codes: 0 no setting is left to try; 2 usage error, or the script fails always.
"""


@click.command(epilog=EXAMPLES)
@click.argument("study", required=False, metavar="[STUDY]")
@click.option("--name", metavar="NAME", help="Of the study, where the database has several.")
@click.option("--trials", type=click.IntRange(min=1), metavar="N", help="At most so many, then end.")
@click.option("--stream", type=click.IntRange(min=0), default=None, hidden=True)
@click.option("--with-parent", is_flag=True, hidden=True)
@click.help_option("-h", "--help")
def worker(study: str | None, name: str | None, trials: int | None, stream: int | None, *, with_parent: bool) -> None:
    """Try settings of STUDY, one after the other, until each has its end, those of other workers too.

    STUDY is the address of a database, or the folder of a study. Start as many as you like, on as many machines: each
    setting is tried by one of them. A worker that is killed costs the trial that it was at, which another one begins
    again, from the files that it had written where it ran on the same machine.
    """
    import secrets
    from pathlib import Path

    from wellfit.report.naming import plural
    from wellfit.tune.places.own_process import starter_is_gone
    from wellfit.tune.places.work import on_this_machine, stage_of, work
    from wellfit.tune.study.address import is_address
    from wellfit.tune.study.beats import named_worker
    from wellfit.tune.study.ledger import Ledger
    from wellfit.tune.study.moving import refuse_moved
    from wellfit.tune.study.storage import place_in_environment

    place = study or place_in_environment()
    if not place:
        raise UsageError("name the study: the address of its database, or its folder; WELLFIT_STUDY names one, too")
    if not is_address(place):
        folder = Path(place).absolute()
        if not folder.is_dir():
            raise UsageError(f"no study lies in {place}")
        place, name = str(folder), None
    is_over = starter_is_gone() if with_parent else lambda: False
    own_stream = secrets.randbelow(1 << 20) if stream is None else stream

    def tell(sentence: str) -> None:
        click.echo(f"wellfit: {sentence}", err=True)

    ledger = Ledger.open(place, name, tell, own_stream, is_patient=with_parent)
    if not is_address(place):
        refuse_moved(ledger.engine, ledger.plan.name)
    ledger.plan = on_this_machine(ledger.plan)
    with stage_of(ledger.plan, ledger.needed()) as stage, named_worker() as me:
        done = work(
            ledger,
            stage,
            me,
            most=trials,
            go_on=lambda: not is_over(),
            tell=lambda _: _say_progress(ledger),
            wait=lambda: tell(
                f"no setting is left to begin: waiting for the {plural(ledger.at_work, 'trial')} that other workers are"
                " at, which come back where a worker is killed (Ctrl-C leaves)"
            ),
        )
    click.echo(f"wellfit: {done} trials of {ledger.plan.name} were run here", err=True)


def _say_progress(ledger: "Ledger") -> None:
    from wellfit.report.tuned import progress_line

    click.echo(f"wellfit: {progress_line(ledger.plan, ledger.ended())}", err=True)
