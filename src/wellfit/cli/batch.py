"""`wellfit batch`: the batch size for a script, from short runs of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wellfit.cli.asking import plan_of
from wellfit.cli.options import ScriptCommand, budget_option, files_option, script_argument
from wellfit.cli.output import FILE_WIDTH, mistakes_of, show
from wellfit.cli.searching import searched
from wellfit.errors import UsageError

if TYPE_CHECKING:
    from wellfit.model.batch import BatchAnswer

EXAMPLES = """\b
Examples:
  wellfit batch train.py --its own --args 3      what fits, what is worth it, what moves with it
  wellfit batch --memory 2GB train.py            as on a machine with so much
  wellfit batch --most 512 train.py              no larger sizes
  wellfit batch -o batch.html -o batch.json train.py
  wellfit batch --budget 10min -m package.train

\b
Exit codes: 0 answered; 2 no size, with the reason, or a usage error; 3 the script itself failed.
"""


# Generic in newer versions of click only.
class Memory(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """An amount of memory as people type it: 2GB, 1.5GiB, 800M, 2000000000."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes."""
        from wellfit.script.memory import parse_bytes

        try:
            return parse_bytes(value)
        except ValueError:
            self.fail(f"{value!r} is no amount of memory: use 2GB, 1.5GiB or 800MB", param, ctx)


@click.command(cls=ScriptCommand, epilog=EXAMPLES)
@click.option("--most", type=click.IntRange(min=1), metavar="N", help="Try no larger size; by default all of the data.")
@click.option(
    "--memory",
    type=Memory(),
    metavar="SIZE",
    help="What the script's process may take in all, or on its GPU; by default what is really free.",
)
@budget_option("2min", "short runs")
@click.option(
    "--steps",
    type=click.IntRange(min=3),
    default=8,
    show_default=True,
    metavar="N",
    help="Optimizer steps of the first run, which shows what trains.",
)
@files_option("it", ".txt, .json or .html")
@click.help_option("-h", "--help")
@script_argument
def batch(  # noqa: PLR0913, PLR0917 - click hands over every option by name
    most: int | None,
    memory: int | None,
    budget: float,
    steps: int,
    files: tuple[Path, ...],
    script: tuple[str, ...],
) -> None:
    """Find which batch sizes SCRIPT, unmodified, has the memory for, and which are worth it.

    Options stand before SCRIPT; what follows it is the script's own. SCRIPT is run a few times for a few steps each,
    in a copy of this folder, with other batches from the loader that trains: ever larger ones for their speed, and in
    fresh processes under a real limit for their memory, the largest samples together. The noise of the gradient tells
    how large a step's batch may be before it saves few steps. Nothing of yours changes.
    """
    from wellfit import api
    from wellfit.cli.exits import CLEAR, FAILED
    from wellfit.find.batch_script.search import BatchTerms
    from wellfit.find.spending import Spending
    from wellfit.report.batch import render

    files = tuple(file.absolute() for file in files)
    asked = plan_of(script, mistakes_of(files))
    terms = BatchTerms(steps, most, memory)
    answer = searched(lambda tell: api.find_batch(asked, terms, Spending(Path.cwd(), budget, tell)))
    failures = [failure for file in files if (failure := _write(answer, file))]
    show(answer, render, sys.stdout)
    if failures:
        raise UsageError(*failures)
    sys.exit(CLEAR if answer.size is not None else FAILED)


def _write(answer: "BatchAnswer", file: Path) -> str | None:
    from wellfit.report import batch as text
    from wellfit.report import batch_page, json

    renderers = {".txt": lambda: text.render(answer, width=FILE_WIDTH), ".html": lambda: batch_page.render(answer)}
    rendered = renderers.get(file.suffix, lambda: json.render_batch(answer))()
    try:
        file.write_text(rendered, encoding="utf-8")
    except OSError as error:
        return f"{file} could not be written: {error.strerror or error}"
    return None
