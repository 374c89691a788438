"""Every rule: complete page, fires on the marked line of `bad.py` and nowhere else, silent on good and near."""

import inspect
import re
from pathlib import Path

import pytest
from running import run_watched

from wellfit.catalogue import RULES
from wellfit.model.rule import Rule

HEADINGS = ("## Why it hurts", "## How it is seen", "## What it cannot see", "## Fix", "## Sources")
MARK = re.compile(r"#\s*wellfit:\s*(WF\d{3})")
FIRST_DIGIT = {
    "fit": 0, "repro": 9, "loss": 1, "loop": 2, "optim": 3, "model": 4, "init": 5, "data": 6, "eval": 7, "numerics": 8,
}  # fmt: skip

NEEDS_MORE_THAN_20_STEPS = {
    "WF305": "a schedule in the wrong unit shows after an epoch",
    "WF306": "a schedule that is never stepped shows at the end of the training",
    "WF310": "a rate is too low where the whole run has learned nothing",
    "WF312": "a schedule is longer than a run whose end is known",
    "WF313": "a schedule has ended long before the run where the run's end is known",
    "WF603": "rows are compared once there is an evaluation, after an epoch",
}

DEEP = {r.id for r in RULES if any(need.__module__ == "wellfit.model.facts.deep" for need in r.needs)}
"""Rules that an ordinary check leaves unseen; `tests/deep` runs their programs with --deep."""

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)


def folder(rule: Rule) -> Path:
    return Path(inspect.getfile(rule.function)).parent


def marked_lines(script: Path) -> set[tuple[str, int]]:
    lines = enumerate(script.read_text().splitlines(), 1)
    return {(match[1], number) for number, line in lines if (match := MARK.search(line))}


@each_rule
def test_page_has_every_heading_in_order(rule: Rule) -> None:
    positions = [rule.doc.find(h) for h in HEADINGS]
    assert -1 not in positions
    assert positions == sorted(positions)


@each_rule
def test_id_belongs_to_the_family(rule: Rule) -> None:
    assert int(rule.id[2]) == FIRST_DIGIT[folder(rule).parent.name]
    assert folder(rule).name == rule.name.replace("-", "_")


@each_rule
def test_bad_fires_on_the_marked_line_only(rule: Rule) -> None:
    script = folder(rule) / "bad.py"
    run = run_watched(script)
    assert run.exit_code == 0, run.output
    seen = {
        (v.rule, f.where.line)
        for v in run.verdicts.values()
        for f in v.findings
        if (f.where is not None and v.severity != "note") or v.rule == rule.id
    }
    shown = {mark for mark in marked_lines(script) if mark[0] not in DEEP}
    assert seen == shown, [v for v in run.verdicts.values() if v.verdict in ("found", "broken")]


SHOW_EARLY = [r for r in RULES if r.id not in {*NEEDS_MORE_THAN_20_STEPS, *DEEP}]


@pytest.mark.parametrize("rule", SHOW_EARLY, ids=lambda r: r.id)
def test_bad_fires_within_20_steps(rule: Rule) -> None:
    script = folder(rule) / "bad.py"
    found = {
        (v.rule, f.where.line) for v in run_watched(script, steps=20).verdicts.values() for f in v.findings if f.where
    }
    assert {mark for mark in marked_lines(script) if mark[0] == rule.id} <= found


@each_rule
@pytest.mark.parametrize("program", ["good", "near"])
def test_innocent_stays_silent(rule: Rule, program: str) -> None:
    run = run_watched(folder(rule) / f"{program}.py")
    assert run.exit_code == 0, run.output
    assert run.verdicts[rule.id].verdict in ("clear", "unseen"), run.verdicts[rule.id]
    loud = [v for v in run.verdicts.values() if v.verdict in ("found", "broken") and v.severity != "note"]
    assert not loud


@pytest.mark.parametrize("rule", [r for r in RULES if r.id in DEEP], ids=lambda r: r.id)
def test_deep_rule_is_unseen_in_an_ordinary_check(rule: Rule) -> None:
    verdict = run_watched(folder(rule) / "bad.py", steps=3).verdicts[rule.id]
    assert verdict.verdict == "unseen"
    assert "--deep only" in (verdict.reason or "")


def test_ids_and_names_are_unique_and_sorted() -> None:
    ids = [r.id for r in RULES]
    assert ids == sorted(set(ids))
    assert len({r.name for r in RULES}) == len(RULES)
