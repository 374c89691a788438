"""The written edit of a rule's own bad program cures it: the edited program runs, and the finding is gone."""

import inspect
from pathlib import Path

import pytest
from building import report_of
from running import run_watched

from wellfit.catalogue import RULES
from wellfit.fix.edits import EDITORS, write_edits
from wellfit.model.rule import Rule
from wellfit.report.edit import edit_of
from wellfit.report.source import read_sources

WITHOUT_EDIT = {"WF105"}
"""Whose bad program needs more than one line: a clamp that poses as a sigmoid."""


@pytest.mark.parametrize("rule", [r for r in RULES if r.id in EDITORS.keys() - WITHOUT_EDIT], ids=lambda r: r.id)
def test_edit_cures(rule: Rule, tmp_path: Path) -> None:
    bad = Path(inspect.getfile(rule.function)).with_name("bad.py")
    report = report_of(run_watched(bad, rules=(rule,)).verdicts[rule.id])
    sources = read_sources(report)
    edit = edit_of(write_edits(report, sources).verdicts[0].findings[0], sources)
    lines = bad.read_text().splitlines()
    lines[edit.place.line - 1 : edit.place.line] = edit.new
    cured = tmp_path / "cured.py"
    cured.write_text("\n".join(lines))
    run = run_watched(cured, rules=(rule,))
    assert run.exit_code == 0, run.output
    assert run.verdicts[rule.id].verdict in {"clear", "unseen"}  # unseen: the edit calls another loss function
