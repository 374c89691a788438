"""The loss rules on many programs: each names the marked lines, and an unmarked program gets no finding."""

import re
from pathlib import Path

import pytest
from running import run_watched

from wellfit.catalogue import RULES
from wellfit.model.events.run import ProbeBroke

PROGRAMS = Path(__file__).parent / "programs"
LOSS_RULES = tuple(r for r in RULES if r.id.startswith("WF1"))
MARK = re.compile(r"#\s*wellfit:\s*(WF\d{3})")
STOPPED_BY_TORCH = {"logits_to_bce_crash.py", "loss_without_gradients.py"}

every_program = pytest.mark.parametrize(
    "program", sorted(p for p in PROGRAMS.glob("*.py") if not p.name.startswith("helper_")), ids=lambda p: p.stem
)


def marks(program: Path) -> set[tuple[str, str, int]]:
    """Marked lines of a program and of the helper files that it imports."""
    text = program.read_text()
    helpers = [h for h in PROGRAMS.glob("helper_*.py") if f"from {h.stem} import" in text]
    return {
        (match[1], file.name, number)
        for file in (program, *helpers)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (match := MARK.search(line))
    }


@every_program
def test_finds_the_marked_lines_and_no_others(program: Path) -> None:
    run = run_watched(program, rules=LOSS_RULES)
    assert run.exit_code == (1 if program.name in STOPPED_BY_TORCH else 0), run.output
    assert not [e for log in run.logs for e in log.of(ProbeBroke)]
    assert all(v.verdict != "broken" for v in run.verdicts.values())
    found = {
        (v.rule, Path(f.where.file).name, f.where.line) if f.where else (v.rule, "no line", 0)
        for v in run.verdicts.values()
        for f in v.findings
    }
    assert found == marks(program)
