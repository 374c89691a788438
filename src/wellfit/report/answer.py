"""What the answers of the finders share on a terminal: a headline, rows of facts, a drawing, notices."""

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.table import Table
from rich.text import Text

from wellfit.report.naming import printable
from wellfit.report.terminal import console_into

NARROWEST = 60
"""Columns below which the lines cannot be read."""


def render_answer(  # noqa: PLR0913 - the parts of an answer, and the terminal
    headline: str,
    facts: Iterable[tuple[str, str]],
    drawing: Sequence[Text],
    notices: Iterable[str],
    *,
    found: bool,
    width: int,
    color: bool,
) -> str:
    """The answer as text.

    Args:
        headline: of one line.
        facts: names and texts.
        drawing: below them; empty without one.
        notices: sentences.
        found: whether there is what was searched for.
        width: columns of the terminal.
        color: use ANSI colours; without them the text is plain.
    """
    out = StringIO()
    console = console_into(out, width=width, narrowest=NARROWEST, color=color)
    console.print(Text(printable(headline), "bold green" if found else "bold yellow"))
    console.print(facts_table(facts))
    if drawing:
        console.print()
    for part in drawing:
        console.print(part)
    for notice in notices:
        console.print(Text(f"notice: {printable(notice)}"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """Names and texts in two columns without rules."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, text in facts:
        table.add_row(name, printable(text))
    return table
