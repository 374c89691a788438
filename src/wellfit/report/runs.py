"""Recorded runs for a terminal: one run, two runs side by side."""

import math
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from rich.table import Table
from rich.text import Text

from wellfit.model.comparison import Comparison, Difference, MetricCompared
from wellfit.model.record import GitState, RunRecord
from wellfit.report.answer import facts_table
from wellfit.report.axis import number
from wellfit.report.naming import on_one_line
from wellfit.report.run_facts import LONGEST_S, run_facts
from wellfit.report.terminal import console_into

NARROWEST = 60
"""Columns below which the lines cannot be read."""

LONGEST_VALUE = 24
"""Characters of an option, and of a metric's name, that the list shows."""

ROOMY = 90
"""Columns from which the list has room for all of its own."""

STYLES = {"done": "green", "failed": "red", "killed": "red", "pruned": "yellow", "running": "bold cyan"}
VERDICT_STYLES = {"better": "bold green", "worse": "bold red"}
SHORT_COMMIT = 8


def status_of(record: RunRecord) -> Text:
    """The status in its colour."""
    return Text(cut(on_one_line(record.status)), STYLES.get(record.status, ""))


def cut(text: str) -> str:
    """At most `LONGEST_VALUE` characters of a text."""
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def age(seconds: float) -> str:
    """A span of time in its largest unit; nothing where it is too long to be one.

    Example:
        >>> age(4.2), age(190), age(7300), age(200_000), age(-3)
        ('4 s', '3 min', '2 h', '2 d', '0 s')
    """
    if not seconds < LONGEST_S:
        return ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def short_commit(git: GitState | None) -> str:
    """The commit, with `+` where the code had changes beyond it.

    Example:
        >>> short_commit(GitState("/x", "0123456789abcdef0123456789abcdef01234567", "main", unstaged=("a.py",)))
        '01234567+'
    """
    if git is None:
        return ""
    return (git.commit[:SHORT_COMMIT] if git.commit else "none") + ("+" if git.dirty else "")


def render_run(record: RunRecord, *, width: int = 100, color: bool = False) -> str:
    """Everything that is known of one run, but for its curves and patches.

    Args:
        record: of the run.
        width: columns of the terminal.
        color: use ANSI colours.
    """
    out = StringIO()
    console = console_into(out, width=width, narrowest=NARROWEST, color=color)
    console.print(Text(f"{record.id}  ", "bold") + status_of(record))
    console.print(facts_table(_one_line_each(run_facts(record))))
    if record.options:
        console.print()
        console.print(_options(record))
    if record.metrics:
        console.print()
        console.print(_metrics(record, roomy=console.width >= ROOMY))
    for note in record.notes:
        console.print(Text(f"note: {on_one_line(note)}"))
    return text_of(out)


def _one_line_each(facts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, text in facts:
        yield name, on_one_line(text)


def _options(record: RunRecord) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("option", "value", "default"):
        table.add_column(name, overflow="fold")
    for option in record.options:
        style = "bold" if option.given else "dim"
        cells = (option.name, shown(option.value), shown(option.default))
        table.add_row(*(Text(on_one_line(cell), style) for cell in cells))
    return table


def _metrics(record: RunRecord, *, roomy: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("metric", overflow="fold")
    numbers = ("best", "at step", "last", "values", "first")
    for name in numbers if roomy else numbers[:3]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("from", no_wrap=True)
    for m in record.metrics:
        more = (f"{m.count:,}", number(m.first)) if roomy else ()
        cells = (m.name, number(m.best), f"{m.best_step:,}", number(m.last), *more, m.source)
        table.add_row(*(Text(on_one_line(cell)) for cell in cells))
    return table


def render_comparison(compared: Comparison, *, width: int = 100, color: bool = False) -> str:
    """What differs between two runs.

    Args:
        compared: the runs.
        width: columns of the terminal.
        color: use ANSI colours.
    """
    out = StringIO()
    console = console_into(out, width=width, narrowest=NARROWEST, color=color)
    for name, run in (("first", compared.first), ("second", compared.second)):
        console.print(Text(f"{name:<8}", "dim") + Text(f"{run.id}  ", "bold") + status_of(run))
    for title, differences in parts(compared):
        console.print()
        console.print(_differences(title, differences))
    if compared.metrics:
        console.print()
        console.print(_compared(compared.metrics))
    console.print()
    for sentence in agreement(compared):
        console.print(Text(sentence, "dim"))
    return text_of(out)


def agreement(compared: Comparison) -> Iterator[str]:
    """What is the same in both runs, and what is not known of one of them, a line each."""
    differing = {kind for kind, _ in parts(compared)}
    known = dict(_known(compared.first, compared.second))
    same = [kind for kind, is_known in known.items() if is_known and kind not in differing]
    unknown = [kind for kind, is_known in known.items() if not is_known and kind not in differing]
    if same:
        yield f"the same: {', '.join(same)}"
    if unknown:
        yield f"not recorded in both runs: {', '.join(unknown)}"
    yield from compared.notes


def _known(one: RunRecord, other: RunRecord) -> Iterator[tuple[str, bool]]:
    yield "code", _is_code_kept(one) and _is_code_kept(other)
    yield "options", bool(one.options and other.options)
    yield "environment", one.software is not None and other.software is not None
    yield "first batches", bool(one.data and other.data)


def _is_code_kept(record: RunRecord) -> bool:
    git, own = record.git, record.sources
    whole = git is None or (git.patches_kept and not git.untracked_left_out)
    return (git is not None or own is not None) and whole and (own is None or not own.left_out)


def parts(compared: Comparison) -> list[tuple[str, tuple[Difference, ...]]]:
    """What differs, by kind; without kinds in which nothing does."""
    kinds = {
        "code": compared.code,
        "options": compared.options,
        "environment": compared.environment,
        "first batches": compared.data,
    }
    return [(name, found) for name, found in kinds.items() if found]


def _differences(title: str, differences: Iterable[Difference]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(title, overflow="fold")
    table.add_column("first", overflow="fold")
    table.add_column("second", overflow="fold")
    for one in differences:
        table.add_row(*(Text(on_one_line(cell)) for cell in (one.what, side(one.first), side(one.second))))
    return table


def side(value: Any) -> str:
    """A value of one of two runs, `-` where that one lacks it.

    Example:
        >>> side(None), side(""), side(3)
        ('-', '', '3')
    """
    return "-" if value is None else shown(value)


def _compared(metrics: Sequence[MetricCompared]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("best", overflow="fold")
    for name in ("first", "second", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for metric in metrics:
        style = VERDICT_STYLES.get(metric.verdict, "")
        change = "" if metric.first is None or metric.second is None else f"{metric.second - metric.first:+.3g}"
        cells = (metric.name, side(metric.first), side(metric.second), change)
        table.add_row(*(Text(on_one_line(cell)) for cell in cells), Text(verdict_words(metric), style))
    return table


def verdict_words(metric: MetricCompared) -> str:
    """The verdict on a metric, with the noise that it was held against."""
    words = {"equal": "equal to the last bit", "tie": "a tie", "unknown": ""}.get(metric.verdict, metric.verdict)
    if metric.noise is None:
        return words
    return f"{words}; from seed to seed it moves by {number(metric.noise)}"


def shown(value: Any) -> str:
    """A value of an option or a metric.

    Example:
        >>> shown(None), shown(0.1), shown(True), shown("adam")
        ('', '0.1', 'True', 'adam')
    """
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    return str(value)


def text_of(out: StringIO) -> str:
    """What was printed, without white space at the ends of lines."""
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
