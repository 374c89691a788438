"""What every editor has, and that each rule has an editor or a reason."""

import subprocess
import sys
from pathlib import Path

import pytest

import wellfit.fix.editors
from wellfit.catalogue import RULES
from wellfit.fix.catalogue import BY_RULE, EDITORS, WITHOUT_EDITOR
from wellfit.fix.draft import Editor

IDS = [rule.id for rule in RULES]


def test_every_rule_has_an_editor_or_a_reason() -> None:
    assert [rule for rule in IDS if (rule in BY_RULE) == (rule in WITHOUT_EDITOR)] == []


def test_no_rule_has_two_editors() -> None:
    assert len(BY_RULE) == sum(len(editor.rules) for editor in EDITORS)


@pytest.mark.parametrize("editor", EDITORS, ids=lambda e: e.write.__name__)
def test_editor_says_what_it_writes_and_for_whom(editor: Editor) -> None:
    assert set(editor.rules) <= set(IDS)
    assert editor.doc.endswith(".")
    assert editor.safe is (editor.doubt is None)
    assert not (editor.doubt or "").endswith(".")


@pytest.mark.parametrize("editor", EDITORS, ids=lambda e: e.write.__name__)
def test_page_tells_every_edit(editor: Editor) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "fixes.md").read_text(encoding="utf-8")
    links = " ".join(f"[{rule}](rules/{rule}.md)" for rule in editor.rules)
    assert f"| {links} | {editor.doc} | {f'unsafe: {editor.doubt}' if editor.doubt else 'safe'} |\n" in page


@pytest.mark.parametrize("rule", WITHOUT_EDITOR)
def test_page_tells_why_a_rule_has_none(rule: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "fixes.md").read_text(encoding="utf-8")
    assert f"| {rule} | {WITHOUT_EDITOR[rule]} |\n" in page


def test_every_file_of_editors_is_listed() -> None:
    files = {file.stem for file in Path(wellfit.fix.editors.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == {editor.write.__module__.rpartition(".")[2] for editor in EDITORS}


NO_PARSER = """
import sys
sys.modules["libcst"] = None
sys.modules["torch"] = None
from wellfit.__main__ import main
main()
"""


@pytest.mark.parametrize("words", [["--help"], ["fix", "--help"], ["rules"], ["explain", "WF101"]])
def test_parser_is_not_imported_where_nothing_is_edited(words: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", NO_PARSER, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
