"""A script beside its recipe, for a terminal."""

from collections.abc import Iterator
from io import StringIO
from pathlib import PurePath

from rich.table import Table
from rich.text import Text

from wellfit.model.advice import Advice
from wellfit.model.events.recipe import RecipeCompared, ValueCompared
from wellfit.report.answer import facts_table
from wellfit.report.measured import rows_on, verdict_on
from wellfit.report.naming import plural, printable, shown_place
from wellfit.report.terminal import console_into

NARROWEST = 60
"""Columns below which the table cannot be read."""

MARKS = {True: "=", False: "≠", None: ""}
"""Between the script's value and the recipe's."""


def render(advice: Advice, *, width: int = 100, color: bool = False) -> str:
    """The table, its sources, what to know besides, and the code.

    Args:
        advice: on a script that trained.
        width: columns of the terminal.
        color: use ANSI colours; without them the text is plain.
    """
    out = StringIO()
    console = console_into(out, width=width, narrowest=NARROWEST, color=color)
    if advice.comparison is not None:
        for part in _parts(advice.comparison, advice):
            console.print(part)
            console.print()
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    code = advice.comparison.code.rstrip().splitlines() if advice.comparison else []
    return "\n".join([*lines, *code, *(["", *_notices(advice)] if advice.notices else [])]) + "\n"


STYLES = {"helps": "bold green", "hurts": "bold red"}
"""Of the sentence on what was measured, by its verdict."""


def _parts(comparison: RecipeCompared, advice: Advice) -> Iterator[Text | Table]:
    if advice.measured:
        yield Text(printable(verdict_on(advice.measured)), STYLES.get(advice.measured.proof.verdict, "bold"))
    yield Text(printable(comparison.title), "bold")
    yield facts_table([("watched", _watched(comparison, advice)), *comparison.head])
    yield _table(comparison, advice)
    yield Text("\n".join(_sources(comparison.values)), "dim")
    if comparison.notes:
        yield Text(printable("\n".join(comparison.notes)))
    if advice.measured and (rows := list(rows_on(advice.measured, comparison))):
        yield facts_table(rows)
    yield Text("To paste behind the model and the loader:", "bold")


def _watched(comparison: RecipeCompared, advice: Advice) -> str:
    made = f", its optimizer made at {shown_place(comparison.made_at, advice.root)}" if comparison.made_at else ""
    steps = plural(comparison.steps, "step")
    return f"{steps} of {comparison.model} with {comparison.parameters:,} parameters{made}"


def _table(comparison: RecipeCompared, advice: Advice) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    for name in ("", printable(PurePath(advice.script).name), "", "recipe", "", "why so"):
        table.add_column(name, overflow="fold")
    numbers = _numbers(comparison.values)
    for value in comparison.values:
        style = "bold" if value.same is False else ""
        mark = numbers.get(value.source, "") + ("" if value.read else "*")
        script = Text(printable(value.script or "not looked at"), style if value.script else "dim")
        table.add_row(value.name, script, MARKS[value.same], Text(value.recipe, style), Text(mark), Text(value.rule))
    return table


def _numbers(values: tuple[ValueCompared, ...]) -> dict[str, str]:
    sources = dict.fromkeys(value.source for value in values if value.source)
    return {source: f"[{place}]" for place, source in enumerate(sources, 1)}


def _sources(values: tuple[ValueCompared, ...]) -> Iterator[str]:
    for source, number in _numbers(values).items():
        read = all(value.read for value in values if value.source == source)
        yield f"{number}{'' if read else '*'} {source}"


def _notices(advice: Advice) -> Iterator[str]:
    yield from (f"notice: {printable(notice)}" for notice in advice.notices)
