"""Losses that go wrong in many ways: the marked line is found, by the rule that owns the cause, and nothing else."""

import re
from pathlib import Path

import pytest
from running import run_watched

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
MARK = re.compile(r"#\s*wellfit:\s*(WF\d{3})")


def marked(script: Path) -> set[tuple[str, int]]:
    lines = enumerate(script.read_text().splitlines(), 1)
    return {(match[1], number) for number, line in lines if (match := MARK.search(line))}


@pytest.mark.parametrize("script", PROGRAMS, ids=lambda p: p.stem)
def test_exactly_the_marked_lines_are_found(script: Path) -> None:
    run = run_watched(script)
    assert run.exit_code == 0, run.output
    loud = [v for v in run.verdicts.values() if v.verdict in ("found", "broken") and v.severity != "note"]
    seen = {(v.rule, f.where and f.where.line) for v in loud for f in v.findings if f.severity != "note"}
    assert seen == marked(script), loud
