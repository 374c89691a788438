"""Each rule that needs --deep: found at the marked line of its bad program, silent on the good one and the near one."""

import inspect
import re
from pathlib import Path

import pytest
from deeply import look

from wellfit.catalogue import RULES
from wellfit.deep.catalogue import PROCEDURES
from wellfit.digest.folds import events_behind
from wellfit.model.rule import Rule

MARK = re.compile(r"#\s*wellfit:\s*(WF\d{3})")
EVIDENCE = {kind for procedure in PROCEDURES for kind in procedure.writes}
DEEP_RULES = [rule for rule in RULES if EVIDENCE & set(events_behind(rule.needs))]

each_rule = pytest.mark.parametrize("rule", DEEP_RULES, ids=lambda r: r.id)


def program(rule: Rule, name: str) -> Path:
    return Path(inspect.getfile(rule.function)).parent / f"{name}.py"


def marked_lines(script: Path) -> set[tuple[str, int]]:
    lines = enumerate(script.read_text().splitlines(), 1)
    return {(match[1], number) for number, line in lines if (match := MARK.search(line))}


@each_rule
def test_bad_fires_on_the_marked_line_only(rule: Rule, tmp_path: Path) -> None:
    script = program(rule, "bad")
    looked = look(script, tmp_path, "--select", rule.id)
    assert looked.found(notes=True) == marked_lines(script), looked.printed


@each_rule
@pytest.mark.parametrize("name", ["good", "near"])
def test_innocent_is_clear(rule: Rule, name: str, tmp_path: Path) -> None:
    looked = look(program(rule, name), tmp_path, "--select", rule.id)
    verdict = looked.verdict(rule.id)
    assert verdict["verdict"] in ("clear", "unseen"), looked.printed
    assert name == "near" or verdict["verdict"] == "clear", verdict["reason"]
