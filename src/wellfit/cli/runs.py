"""`wellfit runs`: what ran."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.cli.export import export
from wellfit.cli.options import files_option
from wellfit.cli.output import FILE_WIDTH, mistakes_of, show
from wellfit.errors import UsageError, raise_all

if TYPE_CHECKING:
    from wellfit.model.comparison import Comparison

EXAMPLES = """\b
Examples:
  wellfit runs                                   the latest twenty
  wellfit runs --where "val_loss<0.3" --where lr=0.1 --sort val_loss
  wellfit runs --where status=failed -n 100
  wellfit runs --where parent=NAME --sort val_loss   the trials of a search
  wellfit runs show sv8y                         one of them; the four letters at its end are enough
  wellfit runs diff sv8y k2xp -o diff.html       what differs: code, options, environment, metrics
  wellfit runs --tensorboard                     all of them, one row of HPARAMS each
  wellfit runs export --to mlflow                all of them, for `mlflow ui`; or --to wandb
  wellfit rerun --check sv8y                     have it again
"""


@click.group(invoke_without_command=True, epilog=EXAMPLES)
@click.option("-n", "most", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="So many.")
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="Only these: NAME, one of < <= > >= = != ~, and a value; NAME is a metric, an option, status, script ..."
    " Repeatable.",
)
@click.option("--sort", metavar="NAME", help="By a metric, the best first, or by an option; -NAME turns it round.")
@click.option("--trials", is_flag=True, help="List each trial of a search, which is one line else.")
@click.option("--tensorboard", is_flag=True, help="Open them in a TensorBoard on this machine, until Ctrl-C.")
@click.option("--port", type=click.IntRange(min=1, max=65535), metavar="N", help="Of that TensorBoard.")
@click.help_option("-h", "--help")
@click.pass_context
def runs(  # noqa: PLR0913 - click hands over every option by name
    context: click.Context,
    most: int,
    where: tuple[str, ...],
    sort: str | None,
    port: int | None,
    *,
    trials: bool,
    tensorboard: bool,
) -> None:
    """List recorded runs, the newest first; or show, compare and remove them."""
    if context.invoked_subcommand is not None:
        return
    if tensorboard:
        _serve(port)
        return
    from wellfit.keep import front
    from wellfit.report.naming import on_one_line
    from wellfit.report.runs_list import render_list

    found = front.listed(where=where, sort=sort, trials=trials, limit=most)
    for note in found.notes:
        click.echo(f"wellfit: {on_one_line(note)}", err=True)
    show(found.lines, partial(render_list, total=found.total, asked=bool(where)), sys.stdout)


def _serve(port: int | None) -> None:
    from wellfit.keep import board, front

    board.check_installed()
    store = front.store()
    written = sum(1 for _ in board.write_rows(store))
    with board.serving(store, port) as address:
        click.echo(f"wellfit: {written} new rows; {address} shows them until Ctrl-C", err=True)
        try:
            board.keep_fresh(store)
        except KeyboardInterrupt:
            click.echo(err=True)


runs.add_command(export)


@runs.command("show")
@click.option("--json", "as_json", is_flag=True, help="The record as JSON.")
@click.help_option("-h", "--help")
@click.argument("run", metavar="ID")
def show_run(run: str, *, as_json: bool) -> None:
    """Show what is known of the run ID."""
    from wellfit.keep import front
    from wellfit.report.naming import on_one_line
    from wellfit.report.runs import render_run
    from wellfit.runs.record_file import record_text

    kept = front.read(run)
    for note in kept.notes:
        click.echo(f"wellfit: {on_one_line(note)}", err=True)
    if as_json:
        click.echo(record_text(kept.record, kept.plain))
    else:
        show(kept.record, render_run, sys.stdout)


@runs.command("diff")
@files_option("what differs", ".html or .txt")
@click.help_option("-h", "--help")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
def diff(first: str, second: str, files: tuple[Path, ...]) -> None:
    """Show what differs between the runs A and B: code, options, environment, first batches, metrics."""
    from wellfit.keep import front
    from wellfit.report.runs import render_comparison

    files = tuple(file.absolute() for file in files)
    raise_all(mistakes_of(files, (".html", ".txt")))
    compared = front.compare_runs(first, second)
    failures = [failure for file in files if (failure := _write(compared, file))]
    show(compared, render_comparison, sys.stdout)
    if failures:
        raise UsageError(*failures)


@runs.command("rm")
@click.help_option("-h", "--help")
@click.argument("names", nargs=-1, required=True, metavar="ID...")
def remove(names: tuple[str, ...]) -> None:
    """Remove the runs ID, with everything that was recorded of them."""
    from wellfit.keep import front
    from wellfit.runs.cleaning import remove_run

    store = front.store()
    for folder in [store.find(name) for name in names]:  # all or none, where a name is wrong
        remove_run(store, folder.name)
        click.echo(f"removed {folder.name}")


@runs.command("gc")
@click.option("--older", type=click.IntRange(min=0), metavar="DAYS", help="Also runs that began so long ago.")
@click.option("--where", multiple=True, metavar="CONDITION", help="Of these, only such runs; as for `wellfit runs`.")
@click.option("--yes", is_flag=True, help="Remove them; without it they are only named.")
@click.help_option("-h", "--help")
def collect(older: int | None, where: tuple[str, ...], *, yes: bool) -> None:
    """Name, or remove, what killed processes left half done, and old runs."""
    from wellfit.keep import front
    from wellfit.report.naming import on_one_line
    from wellfit.runs.cleaning import leftovers, remove_leftover, remove_run

    if where and older is None:
        raise UsageError("--where is of use with --older only")
    store = front.store()
    half, old = leftovers(store), front.old_runs(older, where) if older is not None else []
    verb = "removed" if yes else "would remove"
    for folder in half:
        if yes:
            remove_leftover(folder)
        click.echo(f"{verb} {on_one_line(folder.name)}, which was never completed")
    for name in old:
        if yes:
            remove_run(store, name)
        click.echo(f"{verb} {name}")
    if not half and not old:
        click.echo("nothing to remove")
    elif not yes:
        click.echo("wellfit: --yes removes them", err=True)


def _write(compared: "Comparison", file: Path) -> str | None:
    from wellfit.report import runs as text
    from wellfit.report import runs_page

    is_page = file.suffix == ".html"
    rendered = runs_page.render(compared) if is_page else text.render_comparison(compared, width=FILE_WIDTH)
    try:
        file.write_text(rendered, encoding="utf-8")
    except OSError as error:
        return f"{file} could not be written: {error.strerror or error}"
    return None
