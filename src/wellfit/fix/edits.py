"""The edits of a report's findings, each written for itself; what is not certain says why there is none."""

from dataclasses import replace
from typing import TYPE_CHECKING

from wellfit.model.report import Report
from wellfit.model.rule import Finding, Fix
from wellfit.model.source import Sources

if TYPE_CHECKING:
    from wellfit.fix.program import Project


def write_edits(report: Report, sources: Sources) -> Report:
    """The report with changes in every fix that can be written down, and the reason in every other.

    The parser is imported only where there is a finding whose source could be read.
    """
    if not any(finding for verdict in report.found for finding in verdict.findings) or not sources.files:
        return report
    from wellfit.fix.program import Project

    project = Project(sources)
    verdicts = (replace(v, findings=tuple(_with_edit(v.rule, f, project) for f in v.findings)) for v in report.verdicts)
    return replace(report, verdicts=tuple(verdicts))


def _with_edit(rule: str, finding: Finding, project: "Project") -> Finding:
    return finding if finding.fix.changes else replace(finding, fix=_fix(rule, finding, project))


def _fix(rule: str, finding: Finding, project: "Project") -> Fix:
    from wellfit.fix.catalogue import BY_RULE, WITHOUT_EDITOR
    from wellfit.fix.draft import RefusedError

    editor = BY_RULE.get(rule)
    if editor is None:
        return replace(finding.fix, withheld=WITHOUT_EDITOR.get(rule, "no edit is known for this rule"))
    try:
        draft = editor.write(finding, project)
    except RefusedError as refused:
        return replace(finding.fix, withheld=str(refused))
    return replace(finding.fix, changes=draft.changes, doubt=draft.doubt or editor.doubt)
