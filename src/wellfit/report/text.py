"""The report for a terminal: findings first, then what is clear, what is unseen and why."""

from collections.abc import Iterator
from io import StringIO

from rich.table import Table
from rich.text import Text

from wellfit.model.proof import Proof, ProofVerdict
from wellfit.model.report import Report
from wellfit.model.rule import Finding, Severity, Verdict
from wellfit.model.source import Sources
from wellfit.report.edit import Edit, edits_of
from wellfit.report.naming import describe_exit, plural, printable, shown_file, shown_place, shown_spot
from wellfit.report.proof import describe_proof, notes_on
from wellfit.report.terminal import console_into

NARROWEST = 40
"""Columns below which the labels leave no room for words."""

_SEVERITY_STYLE: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def render(report: Report, sources: Sources, *, width: int = 100, color: bool = False) -> str:
    """The report as lines for a terminal.

    Args:
        report: the judged run.
        sources: the user's source lines, from `wellfit.report.source.read_sources`.
        width: columns of the terminal.
        color: use ANSI colours; without them the text is plain.
    """
    out = StringIO()
    console = console_into(out, width=width, narrowest=NARROWEST, color=color)
    console.print(_headline(report))
    for verdict in report.found:
        for finding in verdict.findings:
            console.print()
            console.print(_heading(verdict, finding, report.root))
            console.print(_rows(_finding_rows(finding, report.root, sources)))
    console.print()
    console.print(_rows(_closing_rows(report)))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _headline(report: Report) -> Text:
    watched = f"{plural(report.steps, 'step')} watched, {report.sampled_steps:,} of them in full"
    if not report.steps:
        watched = "no optimizer step was watched"
    if report.processes > 1:
        watched += f", {report.processes} processes"
    kinds = ("found", "clear", "unseen", "broken")
    counts = [f"{len(report.of(kind))} {kind}" for kind in kinds if report.of(kind) or kind in {"found", "clear"}]
    return Text(f" {watched} · {plural(len(report.verdicts), 'rule')}: {', '.join(counts)}")


def _heading(verdict: Verdict, finding: Finding, root: str) -> Text:
    severity = finding.severity or verdict.severity
    line = Text(" ")
    if finding.where:
        line.append(printable(shown_place(finding.where, root)) + "  ", "bold")
    line.append(f"{verdict.rule} {verdict.name}   ")
    line.append(severity, _SEVERITY_STYLE[severity])
    return line


Row = tuple[str, Text | Table]


def _rows(rows: Iterator[Row]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim", min_width=9)
    table.add_column(overflow="fold")
    for label, content in rows:
        table.add_row(f"   {label}", content)
    return table


def _finding_rows(finding: Finding, root: str, sources: Sources) -> Iterator[Row]:
    times = f"  ({finding.count:,} times)" if finding.count > 1 else ""
    yield "saw", Text(printable(finding.saw) + times)
    for related in finding.related:
        yield "", Text(printable(f"{related.what}: {shown_spot(related.place, root)}"))
    yield "why", Text(printable(finding.why))
    edits = edits_of(finding, sources)
    yield "fix", _fix_title(finding, edits, root)
    if edits:
        yield "", _edit_lines(edits)
    if edits and finding.fix.doubt:
        yield "", Text(printable(f"unsafe: {finding.fix.doubt}"), "dim")
    if finding.proof:
        yield from _proof_rows("proof", finding.proof)


_PROOF_STYLE: dict[ProofVerdict, str] = {"helps": "bold green", "hurts": "bold red"}


def _proof_rows(label: str, proof: Proof) -> Iterator[Row]:
    before, verdict, after = describe_proof(proof).rpartition(proof.verdict)
    line = Text(printable(before)).append(verdict, _PROOF_STYLE.get(proof.verdict, "bold")).append(printable(after))
    yield label, line
    for note in notes_on(proof):
        yield "", Text(printable(note), "dim")


def _fix_title(finding: Finding, edits: tuple[Edit, ...], root: str) -> Text:
    title = Text(printable(finding.fix.title))
    place = edits[0].place if edits else finding.fix.place
    if place and place != finding.where:
        title.append(f"  {printable(shown_place(place, root))}", "dim")
    return title


def _edit_lines(edits: tuple[Edit, ...]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for edit in edits:
        for number, line in enumerate(edit.old, edit.place.line):
            table.add_row(str(number), Text(f"- {printable(line)}", "red"))
        for line in edit.new:
            table.add_row(str(edit.place.line), Text(f"+ {printable(line)}", "green"))
    return table


def _closing_rows(report: Report) -> Iterator[Row]:
    if report.together:
        yield from _proof_rows("together", report.together)
    yield "clear", Text(_clear(report))
    for n, (reason, rules) in enumerate(_by_reason(report.of("unseen")).items()):
        yield ("" if n else "unseen"), Text(f"{printable(reason)}: {' '.join(rules)}")
    for verdict in report.of("broken"):
        reason = printable(verdict.reason or "no reason given")
        yield "broken", Text(f"{verdict.rule} {verdict.name}: {reason}", "red")
    for suppressed in report.suppressed:
        where = f"{shown_file(suppressed.file, report.root)}:{suppressed.line}"
        reason = suppressed.reason or "no reason given"
        yield "silent", Text(printable(f"{where} {suppressed.rule} ignored: {reason}"))
    yield from _fit_rows(report)
    for notice in _notices(report):
        yield "notice", Text(printable(notice))


def _clear(report: Report) -> str:
    count = len(report.of("clear"))
    if report.found:
        return plural(count, "rule")
    return f"{plural(count, 'rule')}: nothing found" if count else "no rule saw all that it needs"


def _by_reason(verdicts: tuple[Verdict, ...]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for verdict in verdicts:
        grouped.setdefault(verdict.reason or "no reason given", []).append(verdict.rule)
    return grouped


def _fit_rows(report: Report) -> Iterator[Row]:
    fit = report.fit
    if fit.train is None or fit.validation is None:
        yield "fit", Text(printable(f"{fit.verdict}: {fit.reason}" if fit.reason else fit.verdict))
    else:
        low, mid, high = (f"{round(value, 2) + 0.0:.2f}" for value in fit.gap or (0.0, 0.0, 0.0))  # no "-0.00"
        gap = f" (gap {mid}, interval {low} .. {high})" if fit.gap else ""
        metric = f"{fit.metric}: " if fit.metric else ""
        scores = f"{metric}train {fit.train:.4g}, validation {fit.validation:.4g}"
        yield "fit", Text(printable(f"{scores}: {fit.verdict}{gap}"))
        if fit.reason:
            yield "", Text(printable(fit.reason))
    if fit.rows and fit.rows[1] and fit.step is not None:
        yield "", Text(f"{fit.rows[0]:,} training and {fit.rows[1]:,} validation rows at step {fit.step:,}", "dim")
    if fit.next:
        yield "", Text(f"next: {printable(fit.next)}")


def _notices(report: Report) -> Iterator[str]:
    if ended := describe_exit(report.exit_code):
        yield ended
    yield from report.notices
