"""`wellfit runs`: what ran."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.cli.options import files_option
from wellfit.cli.output import FILE_WIDTH, mistakes_of, show
from wellfit.errors import RecordError, UsageError, raise_all

if TYPE_CHECKING:
    from wellfit.model.comparison import Comparison

EXAMPLES = """\b
Examples:
  wellfit runs                                   the latest twenty
  wellfit runs show sv8y                         one of them; four letters are enough
  wellfit runs diff sv8y k2xp -o diff.html       what differs: code, options, environment, metrics
  wellfit rerun --check sv8y                     have it again
"""


@click.group(invoke_without_command=True, epilog=EXAMPLES)
@click.option(
    "-n", "most", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="Show so many."
)
@click.option("--tensorboard", is_flag=True, help="Open them in a TensorBoard on this machine, until Ctrl-C.")
@click.option("--port", type=click.IntRange(min=1, max=65535), metavar="N", help="Of that TensorBoard.")
@click.help_option("-h", "--help")
@click.pass_context
def runs(context: click.Context, most: int, port: int | None, *, tensorboard: bool) -> None:
    """List recorded runs, the newest first; or show, compare and remove them."""
    if context.invoked_subcommand is not None:
        return
    if tensorboard:
        _serve(port)
        return
    from wellfit.keep import front
    from wellfit.report.runs import render_list
    from wellfit.runs.store import read_all

    found = list(read_all(front.store()))
    records = [one.record for one in found if not isinstance(one, RecordError)]
    for one in found:
        if isinstance(one, RecordError):
            click.echo(f"wellfit: {one}", err=True)
    show(
        records[:most],
        partial(render_list, total=len(records)),
        sys.stdout,
    )


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


@runs.command("show")
@click.option("--json", "as_json", is_flag=True, help="The record as it is kept.")
@click.help_option("-h", "--help")
@click.argument("run", metavar="ID")
def show_run(run: str, *, as_json: bool) -> None:
    """Show what is known of the run ID."""
    from wellfit.keep import front
    from wellfit.report.runs import render_run
    from wellfit.runs.record_file import RECORD

    kept = front.store().read(run)
    if as_json:
        click.echo((kept.folder / RECORD).read_text(encoding="utf-8").rstrip())
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
