"""Edits of one run together: on top of each other, and of two that clash the first wins."""

import subprocess
from pathlib import Path

from building import change_in, finding_in, found, report_of, write_program

from wellfit.fix.patch import Patch, make_patch
from wellfit.model.change import Change
from wellfit.model.rule import Fix, Verdict
from wellfit.report.source import read_sources


def verdict(rule: str, file: str, *changes: Change, **fix: str) -> Verdict:
    return found(finding_in(file, fix=Fix("cure it", changes=changes, **fix)), rule=rule)


def patched(*verdicts: Verdict, root: Path, **options) -> Patch:
    report = report_of(*verdicts, root=str(root))
    return make_patch(report, read_sources(report), **options)


def told(patch: Patch) -> list[tuple[str, str]]:
    return [(outcome.verdict.rule, outcome.status) for outcome in patch.outcomes]


def test_edits_of_one_line_stand_side_by_side(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    one = verdict("WF101", file, change_in(file, "dim=-1", "dim=1"))
    two = verdict("WF102", file, change_in(file, "head(x), ", "x, "))
    patch = patched(one, two, root=tmp_path)
    assert told(patch) == [("WF101", "fixed"), ("WF102", "fixed")]
    assert "    return F.softmax(x, dim=1)\n" in patch.files[file][1]


def test_of_two_edits_that_clash_the_first_wins(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    one = verdict("WF101", file, change_in(file, "F.softmax(head(x), dim=-1)", "head(x)"))
    two = verdict("WF102", file, change_in(file, "dim=-1", "dim=1"))
    patch = patched(one, two, root=tmp_path)
    assert told(patch) == [("WF101", "fixed"), ("WF102", "no edit")]
    assert "clashes" in patch.outcomes[1].reason
    assert "    return head(x)\n" in patch.files[file][1]


def test_same_edit_of_two_findings_is_made_once(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    change = Change(file, 0, 0, "# one line\n")
    patch = patched(verdict("WF101", file, change), verdict("WF102", file, change), root=tmp_path)
    assert told(patch) == [("WF101", "fixed"), ("WF102", "fixed")]
    assert patch.files[file][1].count("# one line") == 1


def test_edit_that_would_break_the_file_is_not_taken(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    patch = patched(verdict("WF101", file, change_in(file, "forward(head, x):", "forward(head, x:")), root=tmp_path)
    assert told(patch) == [("WF101", "no edit")]
    assert patch.files == {}


def test_edit_in_two_files_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    file, other = write_program(tmp_path), write_program(tmp_path, name="net.py")
    first = verdict("WF101", file, change_in(file, "dim=-1", "dim=1"))
    finding = finding_in(file, fix=Fix("both", changes=(change_in(other, "dim=-1", ""), change_in(file, "=-1", "=0"))))
    second = found(finding, finding_in(other, fix=Fix("none")), rule="WF102")
    patch = patched(first, second, root=tmp_path)
    assert told(patch)[:2] == [("WF101", "fixed"), ("WF102", "no edit")]
    assert list(patch.files) == [file]


def test_unsafe_edit_waits_to_be_asked_for(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    ill = verdict("WF309", file, change_in(file, "dim=-1", "dim=1"), doubt="a guess")
    assert told(patched(ill, root=tmp_path)) == [("WF309", "unsafe")]
    assert patched(ill, root=tmp_path).files == {}
    assert told(patched(ill, root=tmp_path, unsafe=True)) == [("WF309", "fixed")]


def test_code_outside_the_script_s_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "project" / "site-packages").mkdir(parents=True)
    outside = write_program(tmp_path, name="shared.py")
    installed = write_program(tmp_path / "project" / "site-packages", name="library.py")
    for file in (outside, installed):
        patch = patched(verdict("WF101", file, change_in(file, "dim=-1", "")), root=tmp_path / "project")
        assert told(patch) == [("WF101", "no edit")]
        assert patch.files == {}


def test_file_that_changed_since_is_left_alone(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    patch = patched(verdict("WF101", file, change_in(file, "dim=-1", "")), root=tmp_path, changed=[file])
    assert "changed" in patch.outcomes[0].reason
    assert patch.files == {}


def test_diff_of_all_edits_applies(tmp_path: Path) -> None:
    file = write_program(tmp_path, name="my digits.py")
    one = verdict("WF101", file, change_in(file, "dim=-1", "dim=1"))
    patch = patched(one, verdict("WF102", file, change_in(file, "import", "import ")), root=tmp_path)
    diff = patch.diff(file, root=str(tmp_path))
    subprocess.run(["git", "apply", "-p1", "-"], cwd=tmp_path, input=diff.encode(), check=True)
    assert Path(file).read_text() == patch.files[file][1]
