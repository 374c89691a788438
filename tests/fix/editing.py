"""Writes the edit of a finding that is made by hand, without a run."""

from pathlib import Path
from typing import Any

from building import finding_in, found, report_of

from wellfit.fix.edits import write_edits
from wellfit.model.change import apply_changes
from wellfit.model.place import Place, Related
from wellfit.model.rule import Fix
from wellfit.report.source import read_sources

GUILTY = "# <-"
"""Marks the line of the finding; `# <- backward` marks a related line, whose story begins with that word."""


def fix_of(folder: Path, rule: str, program: str, **details: Any) -> Fix:
    """The fix of the finding on the marked line of a program."""
    file = folder / "train.py"
    file.write_bytes(program.encode())
    marks = {n: line.partition(GUILTY)[2].strip() for n, line in enumerate(program.splitlines(), 1) if GUILTY in line}
    places = {word: Place(str(file), number, _function(program, number)) for number, word in marks.items()}
    related = tuple(Related(place, word) for word, place in places.items() if word)
    where = places.get("", next(iter(places.values())))
    given = {**details, "trains_at": places.get("trains", where)}
    report = report_of(
        found(finding_in(str(file), where=where, fix=Fix("cure", where, given), related=related), rule=rule)
    )
    return write_edits(report, read_sources(report)).verdicts[0].findings[0].fix


def edited(folder: Path, rule: str, program: str, **details: Any) -> str:
    """The program after its edit; the marks are kept, as comments are."""
    fix = fix_of(folder, rule, program, **details)
    assert fix.changes, fix.withheld
    return apply_changes(program, fix.changes)


def refused(folder: Path, rule: str, program: str, **details: Any) -> str:
    """Why no edit was written."""
    fix = fix_of(folder, rule, program, **details)
    assert not fix.changes, apply_changes(program, fix.changes)
    return fix.withheld or ""


def _function(program: str, line: int) -> str:
    """The name in the last `def` above a line."""
    above = [text.strip() for text in program.splitlines()[:line] if text.strip().startswith("def ")]
    return above[-1].removeprefix("def ").partition("(")[0] if above else "<module>"
