"""`wellfit runs export`: recorded runs in the stores of other trackers."""

import sys
from pathlib import Path

import click

TRACKERS = ("mlflow", "wandb")

EXAMPLES = """\b
Examples:
  wellfit runs export --to mlflow                  every run that has ended
  wellfit runs export --to wandb -o out sv8y k2xp  two of them, into a folder of their own
  wellfit runs export --to mlflow --where "val_loss<0.5"

\b
Exit codes: 0 exported, or there already; 1 a run was not taken; 2 a usage error.
"""


@click.command(epilog=EXAMPLES)
@click.option("--to", "tracker", type=click.Choice(TRACKERS), required=True, help="MLflow, or W&B offline.")
@click.option("-o", "folder", type=click.Path(path_type=Path), metavar="FOLDER", help="By default .wellfit/export.")
@click.option("--where", multiple=True, metavar="CONDITION", help="Only these; as for `wellfit runs`. Repeatable.")
@click.help_option("-h", "--help")
@click.argument("names", nargs=-1, metavar="[ID]...")
def export(tracker: str, folder: Path | None, where: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Write the runs ID, or all, to another tracker's store; those that are there already stay as they are.

    Options, metrics over their steps, best values, commit, changes and the record go with each. Secrets are masked.
    Nothing is sent anywhere.
    """
    from wellfit.cli.exits import CLEAR, FOUND
    from wellfit.keep import front
    from wellfit.keep.export.runs import Exporting, Exports
    from wellfit.report.naming import on_one_line, plural

    exports = Exports(front.store(), Exporting(tracker, folder.absolute() if folder else None, names, where))
    for run in exports.write():
        click.echo(f"exported {run}")
    for note in exports.notes:
        click.echo(f"wellfit: {on_one_line(note)}", err=True)
    beside = [f"{exports.there:,} there already"] if exports.there else []
    beside += [f"{exports.running:,} still running"] if exports.running else []
    counted = f"{plural(exports.written, 'run')} exported" + (f" ({', '.join(beside)})" if beside else "")
    click.echo(f"wellfit: {counted}; next: {exports.opened_by}", err=True)
    sys.exit(FOUND if exports.refused else CLEAR)
