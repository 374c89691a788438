import subprocess
from pathlib import Path

import pytest
from building import PROGRAM, change_in, finding_in, found, report_of, write_program

from wellfit.model.change import Change
from wellfit.model.rule import Finding, Fix
from wellfit.model.source import Sources
from wellfit.report.edit import diff_of, edits_of
from wellfit.report.source import read_sources


def sources_of(finding: Finding) -> Sources:
    return read_sources(report_of(found(finding)))


def apply(finding: Finding, folder: Path, *tool: str) -> None:
    diff = diff_of(finding, sources_of(finding), root=str(folder))
    subprocess.run(tool or ["git", "apply", "-p1", "-"], cwd=folder, input=diff.encode(), check=True)


def test_edit_is_of_whole_lines(tmp_path: Path) -> None:
    finding = finding_in(write_program(tmp_path))
    (edit,) = edits_of(finding, sources_of(finding))
    assert (edit.place, edit.old) == (finding.fix.place, ("    return F.softmax(head(x), dim=-1)",))
    assert edit.new == ("    return head(x)",)


def test_fix_of_several_places_is_several_edits(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    changes = (change_in(file, "F.cross_entropy", "loss"), change_in(file, "dim=-1", "dim=1"))
    finding = finding_in(file, fix=Fix("edit", changes=changes))
    assert [edit.place.line for edit in edits_of(finding, sources_of(finding))] == [5, 9]


def test_fix_without_changes_is_no_edit(tmp_path: Path) -> None:
    finding = finding_in(write_program(tmp_path), fix=Fix("lower the learning rate"))
    assert edits_of(finding, sources_of(finding)) == ()
    assert finding.fix.safe is None


def test_change_to_the_same_text_is_no_edit(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    finding = finding_in(file, fix=Fix("nothing", changes=(change_in(file, "dim=-1", "dim=-1"),)))
    assert diff_of(finding, sources_of(finding), root=str(tmp_path)) is None


@pytest.mark.parametrize("tool", [("git", "apply", "-p1", "-"), ("patch", "-p1", "--binary")])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(("old", "new"), [("head(x), dim=-1", "x"), ("return ", "y = 1|    return "), ("import", "if")])
def test_diff_applies(tmp_path: Path, tool: tuple[str, ...], line_end: str, old: str, new: str) -> None:
    program, new = PROGRAM.replace("\n", line_end), new.replace("|", line_end)
    file = write_program(tmp_path, program)
    apply(finding_in(file, fix=Fix("edit", changes=(change_in(file, old, new, text=program),))), tmp_path, *tool)
    assert (tmp_path / "digits.py").read_bytes().decode() == program.replace(old, new, 1)


def test_diff_applies_to_a_last_line_without_its_end(tmp_path: Path) -> None:
    file = write_program(tmp_path, "x = 1\ny = 2")
    apply(finding_in(file, fix=Fix("edit", changes=(Change(file, 10, 11, "3\nz = 4"),))), tmp_path)
    assert (tmp_path / "digits.py").read_text() == "x = 1\ny = 3\nz = 4"


def test_diff_applies_to_a_program_of_one_line_that_goes(tmp_path: Path) -> None:
    file = write_program(tmp_path, "x = 1\n")
    apply(finding_in(file, fix=Fix("edit", changes=(Change(file, 0, 6, ""),))), tmp_path)
    assert (tmp_path / "digits.py").read_text() == ""


def test_diff_applies_to_a_name_with_spaces(tmp_path: Path) -> None:
    file = write_program(tmp_path, name="my digits.py")
    apply(finding_in(file), tmp_path)
    assert "softmax" not in (tmp_path / "my digits.py").read_text()


def test_no_diff_where_the_source_is_gone() -> None:
    finding = finding_in("/gone/digits.py")
    assert diff_of(finding, sources_of(finding), root="/gone") is None
