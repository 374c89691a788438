"""Which report leads to which exit code."""

import pytest

from wellfit.cli.exits import exit_code
from wellfit.model.report import Report
from wellfit.model.rule import Finding, Fix, Verdict

FOUND = (Finding(None, "saw", "why", Fix("edit")),)


def report(*verdicts, script=0, steps=5):
    made = tuple(
        Verdict("WF101", "x", kind, severity, findings=FOUND if kind == "found" else ()) for kind, severity in verdicts
    )
    return Report("0.1.0", "train.py", "/", steps, 1, script, made)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (report(("clear", "error")), 0),
        (report(("unseen", "error")), 0),
        (report(("found", "note")), 0),
        (report(("found", "warning"), ("found", "note")), 1),
        (report(("found", "error"), ("broken", "error")), 1),
        (report(("broken", "error"), ("clear", "error")), 2),
        (report(("unseen", "error"), steps=0), 2),
        (report(("found", "error"), steps=0), 1),
        (report(("found", "error"), script=1), 3),
        (report(("clear", "error"), script=-9), 3),
        (report(("clear", "error"), script=None), 0),
    ],
)
def test_exit_code(asked, code):
    assert exit_code(asked) == code
