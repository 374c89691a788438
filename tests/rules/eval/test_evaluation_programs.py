"""`evaluation-in-train-mode` on many programs: it names the marked line, and is silent on unmarked ones."""

import re
from pathlib import Path

import pytest
from running import run_watched

from wellfit.model.events.run import ProbeBroke
from wellfit.rules.eval.evaluation_in_train_mode.rule import evaluation_in_train_mode

PROGRAMS = Path(__file__).parent / "programs"
MARK = re.compile(r"#\s*wellfit:\s*WF701")


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda p: p.stem)
def test_finds_the_marked_line_and_no_other(program: Path) -> None:
    run = run_watched(program, rules=(evaluation_in_train_mode,))
    assert run.exit_code == 0, run.output
    assert not [e for log in run.logs for e in log.of(ProbeBroke)]
    found = {f.where and f.where.line for v in run.verdicts.values() for f in v.findings}
    lines = enumerate(program.read_text().splitlines(), 1)
    assert found == {number for number, line in lines if MARK.search(line)}
