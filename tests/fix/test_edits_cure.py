"""The edit of each rule's own bad program cures it: the edited program runs, the finding is gone, and none came in."""

import difflib
import inspect
from pathlib import Path

import pytest
from curing import cure

from wellfit.catalogue import RULES
from wellfit.fix.catalogue import BY_RULE
from wellfit.model.rule import Rule


@pytest.mark.parametrize("rule", [r for r in RULES if r.id in BY_RULE], ids=lambda r: r.id)
def test_edit_cures_the_bad_program(rule: Rule, tmp_path: Path) -> None:
    bad = Path(inspect.getfile(rule.function)).with_name("bad.py")
    cured = cure(bad, tmp_path, rule.id)
    print("".join(difflib.unified_diff(cured.old.splitlines(True), cured.new.splitlines(True), n=0)))
    assert cured.after.exit_code == 0, cured.after.output
    assert cured.verdict(rule.id).verdict in {"clear", "unseen"}, cured.verdict(rule.id)
    assert cured.introduced() == set()
