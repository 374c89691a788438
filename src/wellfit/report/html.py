"""The report as one HTML page that stands by itself: no network, no font to fetch, readable without JavaScript.

Everything that came from the user's program is escaped, and the page's own policy forbids any script but ours.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup

from wellfit.model.proof import Proof
from wellfit.model.report import Curve, Report
from wellfit.model.rule import SEVERITIES, Finding, Severity, Verdict
from wellfit.model.source import Sources
from wellfit.report.excerpt import Excerpt, excerpts
from wellfit.report.gap import track
from wellfit.report.naming import describe_exit, plural, shown_file, shown_place, shown_spot
from wellfit.report.page import asset, environment
from wellfit.report.plot import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Plot, plot, plot_bands
from wellfit.report.proof import describe_effect, notes_on

KINDS = ("found", "clear", "unseen", "broken")
_TITLES = {"loss": "Loss", "lr": "Learning rate"}


@dataclass(frozen=True, slots=True)
class Card:
    """One finding as the page shows it; `number` stands on the curves too."""

    number: int
    verdict: Verdict
    finding: Finding
    severity: Severity
    where: str | None
    excerpts: tuple[Excerpt, ...]
    related: tuple[tuple[str, str], ...]
    proof: "ShownProof | None"


@dataclass(frozen=True, slots=True)
class ShownProof:
    """A proof as the page shows it."""

    proof: Proof
    words: str
    notes: tuple[str, ...]
    plot: Plot | None


def render(report: Report, sources: Sources) -> str:
    """The report as one HTML document.

    Args:
        report: the judged run.
        sources: the user's source lines, from `wellfit.report.source.read_sources`.
    """
    cards = tuple(_cards(report, sources))
    script = asset("report.js")
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            cards=cards,
            track=track(report.fit.gap) if report.fit.gap and all(map(isfinite, report.fit.gap)) else None,
            together=_shown(report.together),
            plots=_plots(report.curves, cards),
            headline=headline(report),
            watched=plural(report.steps, "step"),
            ended=describe_exit(report.exit_code),
            kinds=[(kind, len(report.of(kind))) for kind in KINDS],
            verdicts=sorted(report.verdicts, key=lambda v: v.rule),
            suppressed=[(s, f"{shown_file(s.file, report.root)}:{s.line}") for s in report.suppressed],
            frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
            style=Markup(asset("report.css")),  # noqa: S704 - files of this package, no text of the user's
            script=Markup(script),  # noqa: S704
            script_hash=_content_hash(script),
        )
    )


def headline(report: Report) -> str:
    """The outcome in a few words: `1 error, 2 notes`, `Nothing found`."""
    severities = [f.severity or v.severity for v in report.found for f in v.findings]
    counts = [plural(n, severity) for severity in SEVERITIES if (n := severities.count(severity))]
    if counts:
        return ", ".join(counts)
    return "Nothing found" if report.of("clear") else "No rule saw all that it needs"


def _cards(report: Report, sources: Sources) -> Iterator[Card]:
    found = [(verdict, finding) for verdict in report.found for finding in verdict.findings]
    for number, (verdict, finding) in enumerate(found, start=1):
        yield Card(
            number=number,
            verdict=verdict,
            finding=finding,
            severity=finding.severity or verdict.severity,
            where=shown_spot(finding.where, report.root) if finding.where else None,
            excerpts=excerpts(finding, sources, root=report.root),
            related=tuple((r.what, shown_place(r.place, report.root)) for r in finding.related),
            proof=_shown(finding.proof),
        )


def _shown(proof: Proof | None) -> ShownProof | None:
    if proof is None:
        return None
    words = describe_effect(proof.effect) if proof.effect else proof.reason or ""
    drawn = plot_bands("Proper loss of the training batches", proof.bands) if proof.bands else None
    return ShownProof(proof, words, notes_on(proof), drawn)


def _plots(curves: Sequence[Curve], cards: Sequence[Card]) -> tuple[Plot, ...]:
    first_steps = [(c.number, c.finding.first_step) for c in cards if c.finding.first_step is not None]
    by_kind: dict[str, list[Curve]] = {}
    for curve in curves:
        if curve.steps:
            by_kind.setdefault(_kind(curve.name), []).append(curve)
    order = sorted(by_kind, key=lambda kind: (list(_TITLES).index(kind) if kind in _TITLES else len(_TITLES), kind))
    return tuple(plot(_TITLES.get(kind, kind), by_kind[kind], first_steps) for kind in order)


def _kind(name: str) -> str:
    """Curves named `lr`, `lr[1]` or `lr group 1` share one drawing."""
    word = name.replace("[", " ").replace("/", " ").split(" ")[0]
    return "lr" if name.startswith("learning rate") else word


def _content_hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
