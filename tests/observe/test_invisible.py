"""A program that fails prints the same traceback whether it is watched or not."""

from pathlib import Path

import pytest
from running import run_plain, run_watched

PROGRAM = Path(__file__).parent / "programs" / "failing.py"
WAYS = [
    "dataset",
    "forward",
    "inplace",
    "leaf",
    "loss",
    "none",
    "step",
    "twice",
    "unused-option",
    "vector",
    "zero-grad",
]


@pytest.mark.parametrize("way", WAYS)
def test_failing_program_prints_the_same(way: str) -> None:
    plain, exit_code = run_plain(PROGRAM, way)
    watched = run_watched(PROGRAM, way)
    assert watched.output == plain
    assert watched.exit_code == exit_code
    assert ("Traceback" in plain) == (way != "none")
