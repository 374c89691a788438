"""The evaluation rules on many programs: they name the marked lines, and are silent on unmarked ones."""

import re
from pathlib import Path

import pytest
from running import run_watched

from wellfit.model.events.run import ProbeBroke
from wellfit.rules.eval.dropout_alive_in_eval.rule import dropout_alive_in_eval
from wellfit.rules.eval.evaluation_in_train_mode.rule import evaluation_in_train_mode

PROGRAMS = Path(__file__).parent / "programs"
RULES = (evaluation_in_train_mode, dropout_alive_in_eval)
MARK = re.compile(r"#\s*wellfit:\s*(WF70\d)")


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda p: p.stem)
def test_finds_the_marked_line_and_no_other(program: Path) -> None:
    run = run_watched(program, rules=RULES)
    assert run.exit_code == 0, run.output
    assert not [e for log in run.logs for e in log.of(ProbeBroke)]
    found = {f.where and f.where.line for v in run.verdicts.values() for f in v.findings}
    lines = enumerate(program.read_text().splitlines(), 1)
    assert found == {number for number, line in lines if MARK.search(line)}
