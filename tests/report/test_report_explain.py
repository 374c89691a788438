from pathlib import Path

import pytest

from wellfit.catalogue import RULES
from wellfit.model.rule import Rule
from wellfit.report.explain import index, page

PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"
SECTIONS = ["## A program that has it", "## The same program, cured", "## Looks guilty, is innocent"]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_page_on_the_site_is_fresh(rule: Rule) -> None:
    assert (PAGES / f"{rule.id}.md").read_text(encoding="utf-8") == page(rule), "run scripts/make-docs"


def test_index_on_the_site_is_fresh() -> None:
    assert (PAGES / "index.md").read_text(encoding="utf-8") == index(RULES), "run scripts/make-docs"


def test_site_has_no_page_of_a_rule_that_is_gone() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == {rule.id for rule in RULES} | {"index"}


def test_page_shows_the_three_programs() -> None:
    text = page(RULES[0])
    assert [line for line in text.splitlines() if line in SECTIONS] == SECTIONS


def test_page_shows_the_cure_as_a_diff() -> None:
    assert "```diff\n--- bad.py\n+++ good.py\n" in page(RULES[0])


def test_index_links_every_rule() -> None:
    assert all(f"({rule.id}.md)" in index(RULES) for rule in RULES)
