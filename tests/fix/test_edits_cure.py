"""The edit of each rule's own bad program cures it: the edited program runs, the finding is gone, and none came in."""

import difflib
import inspect
from pathlib import Path

import pytest
from curing import cure

from wellfit.catalogue import RULES
from wellfit.fix.catalogue import BY_RULE
from wellfit.model.rule import Rule

WITHOUT_EDIT = {"WF304": "a layer is never used, and whether to use it or to take it away only its author knows"}
"""Rules whose bad program has no edit; another program shows theirs in test_programs_cured."""


@pytest.mark.parametrize("rule", [r for r in RULES if r.id in BY_RULE and r.id not in WITHOUT_EDIT], ids=lambda r: r.id)
def test_edit_cures_the_bad_program(rule: Rule, tmp_path: Path) -> None:
    bad = Path(inspect.getfile(rule.function)).with_name("bad.py")
    cured = cure(bad, tmp_path, rule.id)
    print("".join(difflib.unified_diff(cured.old.splitlines(True), cured.new.splitlines(True), n=0)))
    assert cured.after.exit_code == 0, cured.after.output
    assert cured.verdict(rule.id).verdict in {"clear", "unseen"}, cured.verdict(rule.id)
    assert cured.introduced() == set()
