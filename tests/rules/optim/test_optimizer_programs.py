"""Programs in other styles: each guilty one is found on its marked line, each innocent one stays without a warning."""

import re
from pathlib import Path

import pytest
from running import run_watched

from wellfit.catalogue import RULES

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
OWN = tuple(r for r in RULES if r.id.startswith("WF3"))
MARK = re.compile(r"# wellfit: (WF\d{3})")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_finds_what_is_marked_and_nothing_else(program: Path) -> None:
    run = run_watched(program, rules=OWN)
    assert run.exit_code == 0, run.output
    lines = enumerate(program.read_text().splitlines(), 1)
    marked = {(m[1], number) for number, line in lines if (m := MARK.search(line))}
    loud = [v for v in run.verdicts.values() if v.verdict in ("found", "broken") and v.severity != "note"]
    assert {(v.rule, f.where.line) for v in loud for f in v.findings if f.where} == marked, loud
