import json
import math
from pathlib import Path
from typing import Any

import pytest
from building import finding_in, found, report_of, write_program

from wellfit.model.report import Curve, Fit, Report, Suppressed
from wellfit.model.rule import Finding, Verdict
from wellfit.report import json as json_format
from wellfit.report.source import read_sources


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def parsed(report: Report) -> Any:
    text = json_format.render(report, read_sources(report))
    return json.loads(text, parse_constant=refuse_constant)


def only_finding(finding: Finding, *, root: str = "/home/user") -> Any:
    return parsed(report_of(found(finding), root=root))["verdicts"][0]["findings"][0]


def test_head_carries_the_run() -> None:
    whole = parsed(report_of(exit_code=-9))
    head = {key: whole[key] for key in ("schema", "wellfit", "script", "steps", "sampled_steps", "exit_code")}
    assert head == {
        "schema": 1, "wellfit": "0.1.0", "script": "digits.py", "steps": 87, "sampled_steps": 8, "exit_code": -9
    }  # fmt: skip


def test_verdict_without_findings_says_why() -> None:
    verdict = parsed(report_of(Verdict("WF701", "late", "unseen", "note", "no evaluation ran")))["verdicts"][0]
    assert verdict == {
        "rule": "WF701",
        "name": "late",
        "verdict": "unseen",
        "severity": "note",
        "reason": "no evaluation ran",
        "findings": [],
    }


def test_finding_has_every_field(tmp_path: Path) -> None:
    finding = only_finding(finding_in(write_program(tmp_path), count=87), root=str(tmp_path))
    diff = finding["fix"].pop("diff")
    assert finding == {
        "where": {"file": "digits.py", "line": 9, "function": "train"},
        "related": [{"file": "digits.py", "line": 5, "function": "forward", "what": "made by softmax"}],
        "saw": "every row lies in [0, 1] and sums to 1 (512 of 512 rows, 8 steps)",
        "why": "cross_entropy applies log-softmax itself",
        "fix": {"title": "return the raw scores", "safe": True, "doubt": None, "withheld": None},
        "count": 87,
        "severity": "error",
        "first_step": None,
        "proof": None,
    }
    assert "-    return F.softmax(head(x), dim=-1)\n+    return head(x)\n" in diff


def test_file_outside_the_root_keeps_its_path(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    assert only_finding(finding_in(file), root=str(tmp_path / "other"))["where"]["file"] == file


def test_finding_without_a_line_has_no_where() -> None:
    assert only_finding(finding_in("/gone.py", where=None))["where"] is None


def test_diff_is_null_where_the_source_is_gone() -> None:
    assert only_finding(finding_in("/gone.py"))["fix"]["diff"] is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_not_finite_values_are_strings_that_read_back(value: float) -> None:
    stored = parsed(report_of(curves=(Curve("loss", (0,), (value,)),)))["curves"][0]["values"][0]
    assert repr(float(stored)) == repr(value)


def test_fit_is_carried() -> None:
    fit = Fit("overfitting", "accuracy", 0.97, 0.88, (0.06, 0.09, 0.12), "why", "what", (9, 8), 7)
    assert parsed(report_of(fit=fit))["fit"] == {
        "verdict": "overfitting",
        "metric": "accuracy",
        "train": 0.97,
        "validation": 0.88,
        "gap": [0.06, 0.09, 0.12],
        "reason": "why",
        "next": "what",
        "rows": [9, 8],
        "step": 7,
    }


def test_fit_is_unseen_by_default() -> None:
    assert parsed(report_of())["fit"]["verdict"] == "unseen"


def test_silenced_findings_and_notices_are_carried() -> None:
    whole = parsed(report_of(notices=("cut",), suppressed=(Suppressed("WF101", "/home/user/a.py", 3, "on purpose"),)))
    assert whole["notices"] == ["cut"]
    assert whole["suppressed"] == [{"rule": "WF101", "file": "a.py", "line": 3, "reason": "on purpose"}]


def test_lone_surrogates_become_escapes() -> None:
    assert parsed(report_of(notices=("name \udcff",)))["notices"] == ["name \\udcff"]
