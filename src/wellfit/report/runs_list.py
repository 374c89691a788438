"""A list of recorded runs for a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from io import StringIO

from rich.table import Table
from rich.text import Text

from wellfit.model.record import RunRecord
from wellfit.model.search_kept import SearchKept
from wellfit.report.axis import number
from wellfit.report.naming import on_one_line, plural
from wellfit.report.runs import NARROWEST, ROOMY, age, cut, short_commit, shown, status_of, text_of
from wellfit.report.terminal import console_into

Line = RunRecord | SearchKept

MOST_METRICS = 3
"""Columns of the list that hold metrics, unless some are asked for."""

MOST_OPTIONS = 4
"""Options of a run that the list shows: those that are not at their default."""

LONGEST_NAME = 32
"""Columns for the name of a search; an id has 20 characters."""


def render_list(  # noqa: PLR0913 - the runs, what is known of the others, and the terminal
    records: Sequence[Line],
    *,
    total: int,
    asked: bool = False,
    now: datetime | None = None,
    width: int = 100,
    color: bool = False,
) -> str:
    """The list, the newest run first or in the order that was asked for.

    Args:
        records: runs to show, and searches, each of which stands for its trials.
        total: how many there are in all.
        asked: whether conditions were given, which the others may not fit.
        now: the time that ages are told from; None takes the clock's.
        width: columns of the terminal.
        color: use ANSI colours.
    """
    out = StringIO()
    console = console_into(out, width=width, narrowest=NARROWEST, color=color)
    if not records:
        return f"none of {plural(total, 'run')}\n" if total else "no runs: `wellfit run train.py` records one\n"
    roomy = console.width >= ROOMY
    console.print(_list(records, now or datetime.now(timezone.utc), roomy=roomy))
    if total > len(records):
        more = "" if asked else f"; -n {min(total, 10 * len(records))} shows more"
        console.print(Text(f"{len(records)} of {total:,}{more}", "dim"))
    if any(isinstance(record, SearchKept) for record in records):
        console.print(Text("a search is one line: --where parent=NAME, or --trials, lists its runs", "dim"))
    return text_of(out)


def _list(records: Sequence[Line], now: datetime, *, roomy: bool) -> Table:
    metrics = _metric_columns(records)[: MOST_METRICS if roomy else 1]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("id", no_wrap=True, max_width=LONGEST_NAME)
    table.add_column("status", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    if roomy:
        table.add_column("took", justify="right", no_wrap=True)
        table.add_column("commit", no_wrap=True)
    table.add_column("script", overflow="fold")
    for name in metrics:
        table.add_column(cut(on_one_line(name)), justify="right", no_wrap=True)
    for record in records:
        table.add_row(*_line(record, metrics, now, roomy=roomy))
    return table


def _line(record: Line, metrics: Sequence[str], now: datetime, *, roomy: bool) -> Iterator[Text]:
    if isinstance(record, SearchKept):
        return _search_row(record, metrics, now, roomy=roomy)
    return _row(record, metrics, now, roomy=roomy)


def _search_row(search: SearchKept, metrics: Sequence[str], now: datetime, *, roomy: bool) -> Iterator[Text]:
    """A search: how many trials, how many of them were not whole, and the best value."""
    yield Text(on_one_line(search.name))
    yield Text("search", "bold")
    yield Text(age((now - datetime.fromisoformat(search.latest)).total_seconds()))
    if roomy:
        yield Text(age(search.seconds))
        yield Text("")
    other = ", ".join(f"{count} {on_one_line(status)}" for status, count in search.ends.items() if status != "done")
    best = (
        ""
        if search.best is None or search.metric in metrics
        else f", best {cut(on_one_line(search.metric))} {number(search.best)}"
    )
    trials = f"{plural(search.trials, 'trial')}{f' ({other})' if other else ''}"
    yield Text(f"{on_one_line(search.script)}: {trials}{best}")
    for name in metrics:
        yield Text(number(search.best) if search.best is not None and name == search.metric else "")


def _row(record: RunRecord, metrics: Sequence[str], now: datetime, *, roomy: bool) -> Iterator[Text]:
    yield Text(record.id)
    yield status_of(record)
    yield Text(age((now - datetime.fromisoformat(record.started)).total_seconds()))
    if roomy:
        yield Text("" if record.elapsed_s is None else age(record.elapsed_s))
        yield Text(on_one_line(short_commit(record.git)))
    yield Text(f"{on_one_line(record.script)} {_given(record)}".strip())
    known = {metric.name: metric for metric in record.metrics}
    for name in metrics:
        yield Text(number(known[name].best) if name in known else "")


def _metric_columns(records: Sequence[Line]) -> list[str]:
    """The metrics that most of these runs have; what is held out goes before what is trained on."""
    counts: dict[str, int] = {}
    for record in records:
        names = [record.metric] if isinstance(record, SearchKept) else [metric.name for metric in record.metrics]
        for name in filter(None, names):
            counts[name] = counts.get(name, 0) + 1
    ordered = sorted(counts, key=lambda name: (-counts[name], _is_of_training(name), name))
    return ordered[:MOST_METRICS]


def _is_of_training(name: str) -> bool:
    return name.lower().startswith("train")


def _given(record: RunRecord) -> str:
    given = [
        f"{cut(on_one_line(option.name))}={cut(on_one_line(shown(option.value)))}"
        for option in record.options
        if option.given
    ]
    return " ".join(given[:MOST_OPTIONS]) + (" …" if len(given) > MOST_OPTIONS else "")
