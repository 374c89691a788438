"""Reports written by hand: the smallest program with a finding, and what a test changes about it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from wellfit.model.change import Change
from wellfit.model.place import Place, Related
from wellfit.model.report import Report
from wellfit.model.rule import Finding, Fix, Verdict

PROGRAM = """\
from torch.nn import functional as F


def forward(head, x):
    return F.softmax(head(x), dim=-1)


def train(head, x, y):
    return F.cross_entropy(forward(head, x), y)
"""


def write_program(folder: Path, text: str = PROGRAM, *, name: str = "digits.py") -> str:
    """Write a program and give its absolute path."""
    file = folder / name
    file.write_bytes(text.encode())
    return str(file)


def change_in(file: str, old: str, new: str, *, text: str = PROGRAM) -> Change:
    """The first `old` of a text replaced by `new`."""
    start = text.index(old)
    return Change(file, start, start + len(old), new)


def finding_in(file: str, **changes: Any) -> Finding:
    """The finding of `PROGRAM`, with some fields changed."""
    softmax = Place(file, 5, "forward")
    finding = Finding(
        where=Place(file, 9, "train"),
        saw="every row lies in [0, 1] and sums to 1 (512 of 512 rows, 8 steps)",
        why="cross_entropy applies log-softmax itself",
        fix=Fix("return the raw scores", softmax, changes=(change_in(file, "F.softmax(head(x), dim=-1)", "head(x)"),)),
        related=(Related(softmax, "made by softmax"),),
    )
    return replace(finding, **changes)


def found(
    *findings: Finding, rule: str = "WF101", name: str = "softmax-before-cross-entropy", **changes: Any
) -> Verdict:
    """A verdict with findings."""
    return replace(Verdict(rule, name, "found", "error", findings=findings), **changes)


def report_of(*verdicts: Verdict, root: str = "/home/user", **changes: Any) -> Report:
    """A run of 87 steps with these verdicts."""
    report = Report("0.1.0", "digits.py", root, steps=87, sampled_steps=8, exit_code=0, verdicts=verdicts)
    return replace(report, **changes)
