"""Runs a program, applies the fix of what was found, and runs the result: what a user does by hand."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from building import report_of
from running import WatchedRun, run_watched

from wellfit.fix.edits import write_edits
from wellfit.model.change import apply_changes
from wellfit.model.rule import Finding, Verdict
from wellfit.report.source import read_sources


@dataclass(frozen=True)
class Cured:
    """A program before and after its fix."""

    before: WatchedRun
    after: WatchedRun
    finding: Finding
    old: str
    new: str

    def verdict(self, rule: str) -> Verdict:
        """What a rule says of the fixed program."""
        return self.after.verdicts[rule]

    def introduced(self) -> set[tuple[str, str]]:
        """Findings, notes aside, that the fix brought in."""
        return loud(self.after) - loud(self.before)


def loud(run: WatchedRun) -> set[tuple[str, str]]:
    """Rules with an error or a warning, and rules that broke."""
    return {
        (v.rule, v.verdict)
        for v in run.verdicts.values()
        if v.verdict == "broken" or (v.verdict == "found" and v.severity != "note")
    }


def edited(program: Path, rule: str) -> tuple[WatchedRun, tuple[Finding, ...]]:
    """The run of a program, and the findings of one rule with their edits."""
    run = run_watched(program)
    report = report_of(run.verdicts[rule], root=str(program.parent))
    return run, write_edits(report, read_sources(report)).verdicts[0].findings


def cure(program: Path, folder: Path, rule: str) -> Cured:
    """Copy a program, run it, apply the edit of its first finding of a rule, and run it again."""
    copy = Path(shutil.copy(program, folder / program.name))
    before, findings = edited(copy, rule)
    finding = findings[0]
    assert finding.fix.changes, finding.fix.withheld
    old = copy.read_text()
    new = apply_changes(old, finding.fix.changes)
    copy.write_text(new)
    return Cured(before, run_watched(copy), finding, old, new)
