"""All edits of one run as one patch: they apply on top of each other, and of two that clash the first wins."""

import ast
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wellfit.model.change import Change, apply_changes, overlap, split_lines, unified_diff
from wellfit.model.report import Report
from wellfit.model.rule import Finding, Verdict
from wellfit.model.source import Sources

Status = Literal["fixed", "unsafe", "no edit"]
_LIBRARY_FOLDERS = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one finding.

    Args:
        status: fixed by the patch, left out as unsafe, or without an edit.
        reason: why it is unsafe or has none; None where it is fixed and safe.
    """

    verdict: Verdict
    finding: Finding
    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """The edits that were taken, together.

    Args:
        outcomes: one for each finding, in the order of the report.
        files: text of each file that changes, before and after, by its absolute path; without a byte order mark.
    """

    outcomes: tuple[Outcome, ...]
    files: Mapping[str, tuple[str, str]]

    def diff(self, file: str, *, root: str, mark: str = "") -> str:
        """One file's part of the patch, for `git apply` in the folder `root`.

        Args:
            file: absolute path, one of `files`.
            root: absolute folder that the name is shown relative to.
            mark: the byte order mark that the file begins with, if it does.
        """
        old, new = self.files[file]
        name = os.path.relpath(file, root).replace(os.sep, "/")
        return unified_diff(split_lines(mark + old), split_lines(mark + new), name=name)


def make_patch(
    report: Report, sources: Sources, *, unsafe: bool = False, changed: Iterable[str] = (), root: str | None = None
) -> Patch:
    """Put the edits of a report's findings together.

    Args:
        report: with the edits written, by `wellfit.fix.edits.write_edits`.
        sources: the lines that the edits were written for.
        unsafe: take the edits that may change what the program is meant to do, too.
        changed: files that are no longer what the run has read.
        root: folder below which files may change; None means the report's own.
    """
    kept: dict[str, list[Change]] = {}
    barred = frozenset(changed)
    outcomes = []
    for verdict in report.found:
        for finding in verdict.findings:
            reason = _bar(finding, barred, root or report.root) or _take(finding, sources, kept, unsafe=unsafe)
            outcomes.append(_outcome(verdict, finding, reason, unsafe=unsafe))
    texts = {file: "".join(sources.files[file]) for file in sorted(kept)}
    files = {file: (text, apply_changes(text, kept[file])) for file, text in texts.items()}
    return Patch(tuple(outcomes), {file: pair for file, pair in files.items() if pair[0] != pair[1]})


def _outcome(verdict: Verdict, finding: Finding, reason: str | None, *, unsafe: bool) -> Outcome:
    if reason is not None:
        return Outcome(verdict, finding, "no edit", reason)
    if finding.fix.doubt and not unsafe:
        return Outcome(verdict, finding, "unsafe", finding.fix.doubt)
    return Outcome(verdict, finding, "fixed", finding.fix.doubt)


def _bar(finding: Finding, changed: frozenset[str], root: str) -> str | None:
    """Why a finding's edit may not be made at all."""
    files = {change.file for change in finding.fix.changes}
    if not files:
        return finding.fix.withheld or "no edit is known"
    if any(not _is_below(file, root) for file in files):
        return "the line stands outside the script's folder, in code that others may use"
    if files & changed:
        return "the file was changed after the run had begun"
    return None


def _is_below(file: str, root: str) -> bool:
    inner = Path(file)
    if not inner.is_relative_to(root):
        return False
    return not _LIBRARY_FOLDERS.intersection(inner.relative_to(root).parts)


def _take(finding: Finding, sources: Sources, kept: dict[str, list[Change]], *, unsafe: bool) -> str | None:
    """Add an edit to those that are kept, or say why it cannot stand beside them."""
    if finding.fix.doubt and not unsafe:
        return None
    new = [change for change in finding.fix.changes if change not in kept.get(change.file, ())]
    if any(overlap(change, other) for change in new for other in kept.get(change.file, ())):
        return "it clashes with an edit above: apply that, and run again"
    for file in {change.file for change in new}:
        together = [*kept.get(file, ()), *(change for change in new if change.file == file)]
        if not _is_python(apply_changes("".join(sources.files[file]), together)):
            return "together with the edits above it would not be Python any more"
    for change in new:
        kept.setdefault(change.file, []).append(change)
    return None


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True
