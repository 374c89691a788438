"""Exit codes, and which report leads to which."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellfit.model.report import Report

CLEAR, FOUND, FAILED, SCRIPT_FAILED = 0, 1, 2, 3
INTERRUPTED = 130


def exit_code(report: "Report") -> int:
    """What `wellfit check` exits with.

    The script's own failure comes first; then an error or a warning that was found (notes alone are no reason to fail
    a build); then what must not read as clear: a rule that broke, or a run in which nothing was trained.
    """
    if report.exit_code:
        return SCRIPT_FAILED
    if any(verdict.severity != "note" for verdict in report.found):
        return FOUND
    if report.of("broken") or not report.steps:
        return FAILED
    return CLEAR
