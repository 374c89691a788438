"""No report, however odd, makes a format fail."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from wellfit.model.change import Change
from wellfit.model.place import Place, Related
from wellfit.model.report import Curve, Fit, Report, Suppressed
from wellfit.model.rule import SEVERITIES, Finding, Fix, Verdict
from wellfit.model.source import Sources
from wellfit.report import html, text
from wellfit.report import json as json_format

WORDS = st.text(st.characters(), max_size=12)  # lone surrogates and control characters included
OURS = st.text("WF0123456789abc-", max_size=8)  # ids and names of rules come from us
COUNTS = st.integers(0, 10**7)
FILES = st.sampled_from(["/home/user/a.py", "/elsewhere/b.py", "<string>", ""])
PLACES = st.builds(Place, FILES, st.integers(-1, 6), WORDS)
CHANGES = st.builds(
    lambda at, size, text: (Change("/home/user/a.py", at, at + size, text),), *[st.integers(0, 90)] * 2, WORDS
)
FIXES = st.builds(
    Fix, WORDS, st.none() | PLACES, changes=st.just(()) | CHANGES, doubt=st.none() | WORDS, withheld=st.none() | WORDS
)
RELATED = st.lists(st.builds(Related, PLACES, WORDS), max_size=2).map(tuple)
SEVERITY = st.sampled_from(SEVERITIES)
FINDINGS = st.builds(
    Finding, st.none() | PLACES, WORDS, WORDS, FIXES, RELATED, COUNTS, st.none() | SEVERITY, st.none() | COUNTS
)
KINDS = st.sampled_from(["found", "clear", "unseen", "broken"])
VERDICTS = st.builds(Verdict, OURS, OURS, KINDS, SEVERITY, st.none() | WORDS, st.lists(FINDINGS, max_size=2).map(tuple))
POINTS = st.lists(st.tuples(COUNTS, st.floats()), max_size=30)
CURVES = st.builds(lambda name, points: Curve(name, *(tuple(zip(*points, strict=True)) or ((), ()))), WORDS, POINTS)
REPORTS = st.builds(
    Report,
    wellfit=st.just("0.1.0"),
    script=WORDS,
    root=st.just("/home/user"),
    steps=COUNTS,
    sampled_steps=COUNTS,
    exit_code=st.none() | st.integers(-80, 300),
    verdicts=st.lists(VERDICTS, max_size=4).map(tuple),
    fit=st.builds(Fit, WORDS, st.none() | WORDS, st.none() | st.floats(), st.none() | st.floats()),
    curves=st.lists(CURVES, max_size=2).map(tuple),
    notices=st.lists(WORDS, max_size=2).map(tuple),
    suppressed=st.lists(st.builds(Suppressed, WORDS, FILES, COUNTS, WORDS), max_size=2).map(tuple),
    processes=st.integers(1, 3),
    elapsed_s=st.none() | st.floats(),
)
LINES = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12), max_size=6)
SOURCES = st.builds(lambda lines: Sources({"/home/user/a.py": tuple(f"{line}\n" for line in lines)}), LINES)


@settings(max_examples=60, deadline=None)
@given(REPORTS, SOURCES, st.integers(1, 200), st.booleans())
def test_text_can_be_encoded(report: Report, sources: Sources, width: int, color: bool) -> None:
    assert text.render(report, sources, width=width, color=color).encode("utf-8")


@settings(max_examples=60, deadline=None)
@given(REPORTS, SOURCES)
def test_json_is_strict(report: Report, sources: Sources) -> None:
    whole = json.loads(json_format.render(report, sources), parse_constant=lambda name: f"not strict: {name}")
    assert "not strict" not in json.dumps(whole)


@settings(max_examples=60, deadline=None)
@given(REPORTS, SOURCES)
def test_html_ends(report: Report, sources: Sources) -> None:
    page = html.render(report, sources)
    assert page.encode("utf-8").rstrip().endswith(b"</html>")
