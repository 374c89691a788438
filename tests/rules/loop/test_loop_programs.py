"""The loop rules on many programs: each names the marked line, and an unmarked program gets no finding."""

import re
from pathlib import Path

import pytest
from running import run_watched

from wellfit.catalogue import RULES
from wellfit.model.events.run import ProbeBroke

PROGRAMS = Path(__file__).parent / "programs"
LOOP_RULES = tuple(r for r in RULES if r.id.startswith(("WF2", "WF7")))
MARK = re.compile(r"#\s*wellfit:\s*(WF\d{3})")


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda p: p.stem)
def test_finds_the_marked_lines_and_no_others(program: Path) -> None:
    run = run_watched(program, rules=LOOP_RULES)
    assert run.exit_code == 0, run.output
    assert not [e for log in run.logs for e in log.of(ProbeBroke)]
    found = {(v.rule, f.where and f.where.line) for v in run.verdicts.values() for f in v.findings}
    lines = enumerate(program.read_text().splitlines(), 1)
    assert found == {(match[1], number) for number, line in lines if (match := MARK.search(line))}
