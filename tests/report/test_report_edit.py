import subprocess
from pathlib import Path

import pytest
from building import PROGRAM, finding_in, found, report_of, write_program

from wellfit.model.place import Place
from wellfit.model.rule import Finding, Fix
from wellfit.model.source import Sources
from wellfit.report.edit import edit_of, unified_diff
from wellfit.report.source import read_sources


def diff_of(finding: Finding, folder: Path) -> str | None:
    sources = read_sources(report_of(found(finding), root=str(folder)))
    edit = edit_of(finding, sources)
    return unified_diff(edit, sources, root=str(folder)) if edit else None


def apply(diff: str, folder: Path) -> None:
    subprocess.run(["git", "apply", "-p1", "-"], cwd=folder, input=diff.encode(), check=True)


def test_replacement_takes_the_indentation_of_its_line(tmp_path: Path) -> None:
    finding = finding_in(write_program(tmp_path))
    edit = edit_of(finding, read_sources(report_of(found(finding))))
    assert edit.new == ("    return head(x)",)


def test_fix_without_a_place_edits_the_line_of_the_finding(tmp_path: Path) -> None:
    finding = finding_in(write_program(tmp_path), fix=Fix("hand over the scores", None, "return F.cross_entropy(x, y)"))
    edit = edit_of(finding, read_sources(report_of(found(finding))))
    assert edit.place.line == 9


def test_fix_without_a_replacement_is_no_edit(tmp_path: Path) -> None:
    assert edit_of(finding_in(write_program(tmp_path), fix=Fix("lower the learning rate")), Sources()) is None


def test_replacement_equal_to_its_line_is_no_edit(tmp_path: Path) -> None:
    fix = Fix("nothing", Place(str(tmp_path / "digits.py"), 5, "forward"), "return F.softmax(head(x), dim=-1)")
    assert diff_of(finding_in(write_program(tmp_path), fix=fix), tmp_path) is None


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("replacement", ["return head(x)", "x = head(x)\nreturn x", ""])
@pytest.mark.parametrize("line", [1, 5, 9])
def test_diff_applies(tmp_path: Path, line_end: str, replacement: str, line: int) -> None:
    program = PROGRAM.replace("\n", line_end)
    file = write_program(tmp_path, program)
    finding = finding_in(file, fix=Fix("edit", Place(file, line, "forward"), replacement))
    apply(diff_of(finding, tmp_path), tmp_path)
    lines = PROGRAM.splitlines()
    indentation = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
    lines[line - 1 : line] = [indentation + text for text in replacement.splitlines()]
    assert (tmp_path / "digits.py").read_bytes().decode() == "".join(text + line_end for text in lines)


def test_diff_applies_to_a_last_line_without_its_end(tmp_path: Path) -> None:
    file = write_program(tmp_path, "x = 1\ny = 2")
    diff = diff_of(finding_in(file, fix=Fix("edit", Place(file, 2, "<module>"), "y = 3\nz = 4")), tmp_path)
    apply(diff, tmp_path)
    assert (tmp_path / "digits.py").read_text() == "x = 1\ny = 3\nz = 4"


def test_diff_applies_to_a_program_of_one_line_that_goes(tmp_path: Path) -> None:
    file = write_program(tmp_path, "x = 1\n")
    apply(diff_of(finding_in(file, fix=Fix("edit", Place(file, 1, "<module>"), "")), tmp_path), tmp_path)
    assert (tmp_path / "digits.py").read_text() == ""


def test_diff_applies_to_a_name_with_spaces(tmp_path: Path) -> None:
    file = write_program(tmp_path, name="my digits.py")
    apply(diff_of(finding_in(file), tmp_path), tmp_path)
    assert "softmax" not in (tmp_path / "my digits.py").read_text()


def test_no_diff_where_the_source_is_gone() -> None:
    assert diff_of(finding_in("/gone/digits.py"), Path("/gone")) is None
