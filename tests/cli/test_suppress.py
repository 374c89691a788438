"""Comments in the user's source silence findings on their line."""

import types

import pytest

from wellfit.model.place import Place
from wellfit.model.rule import Finding, Fix, Rule, Verdict
from wellfit.suppress import read_silences, suppress

RULE = Rule("WF101", "softmax-before-cross-entropy", "warning", "0.1", "stable", types.FunctionType, ())


def finding(file, line, severity=None):
    return Finding(Place(str(file), line, "f"), f"seen in {line}", "why", Fix("edit"), severity=severity)


def silenced(*findings):
    severity = findings[0].severity or RULE.severity
    verdicts, suppressed = suppress([Verdict(RULE.id, RULE.name, "found", severity, findings=findings)], [RULE])
    return verdicts[0], suppressed


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# wellfit: ignore[WF101] a demonstration", "a demonstration"),
        ("# wellfit: ignore[WF101]", ""),
        ("#wellfit:ignore[wf101]", ""),
        ("# wellfit: ignore[WF205, WF101] two of them", "two of them"),
        ("# wellfit: ignore[softmax-before-cross-entropy] by name", "by name"),
        ("# wellfit: ignore", ""),
        ("# wellfit: ignore all of it", "all of it"),
        ("# type: ignore[x]  # wellfit: ignore[WF101] mine  # noqa", "mine"),
    ],
)
def test_comment_silences(tmp_path, comment, reason):
    file = tmp_path / "train.py"
    file.write_text(f"x = 1\ny = 2  {comment}\n")
    verdict, (hit,) = silenced(finding(file, 2))
    assert (verdict.verdict, verdict.findings) == ("clear", ())
    assert (hit.rule, hit.file, hit.line, hit.reason) == ("WF101", str(file), 2, reason)


@pytest.mark.parametrize(
    "line",
    [
        "y = 2  # wellfit: ignore[WF102] another rule",
        "y = 2  # wellfit: ignore[]".replace("[]", "[WF1]"),
        "y = '# wellfit: ignore[WF101]'",
        "y = '''\n# wellfit: ignore[WF101]'''",
        "y = 2  # wellfit: ignored",
        "y = 2  # wellfit: ignore[WF101",
        "y = 2  # wellfit: WF101",
        "y = 2\n# wellfit: ignore[WF101] the line below does not count",
    ],
)
def test_other_text_silences_nothing(tmp_path, line):
    file = tmp_path / "train.py"
    file.write_text(f"x = 1\n{line}\n")
    verdict, suppressed = silenced(finding(file, 2))
    assert (verdict.verdict, suppressed) == ("found", ())


def test_what_is_left_keeps_its_own_severity(tmp_path):
    file = tmp_path / "train.py"
    file.write_text("x = 1  # wellfit: ignore[WF101]\ny = 2\n")
    verdict, _ = silenced(finding(file, 1, "error"), finding(file, 2))
    assert [f.where.line for f in verdict.findings] == [2]
    assert (verdict.verdict, verdict.severity) == ("found", "warning")


def test_finding_without_a_place_stays():
    verdict, suppressed = silenced(Finding(None, "saw", "why", Fix("edit")))
    assert (verdict.verdict, suppressed) == ("found", ())


@pytest.mark.parametrize("content", [None, b"\xff\xfe not utf-8", b"def f(:\n  (", b"# coding: nosuch\nx = 1"])
def test_source_that_cannot_be_read_silences_nothing(tmp_path, content):
    file = tmp_path / "train.py"
    if content is not None:
        file.write_bytes(content)
    assert read_silences(str(file)) == {}


def test_comments_before_a_damaged_line_still_count(tmp_path):
    file = tmp_path / "train.py"
    file.write_text("x = 1  # wellfit: ignore\ny = (\n")
    assert list(read_silences(str(file))) == [1]
