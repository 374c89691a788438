"""With and without `wellfit check`: the same losses, weights, buffers, optimizer states and generators, bit by bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


def run(*command: str) -> "subprocess.CompletedProcess[bytes]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=PROGRAMS, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False
    )


@pytest.mark.parametrize("program", ["cnn", "mlp", "transformer", "workers"])
def test_nothing_moves_when_watched(program: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    plain = run(sys.executable, f"{program}.py")
    watched = run(sys.executable, "-m", "wellfit", "check", "-o", str(report), f"{program}.py")
    assert plain.returncode == 0, plain.stderr.decode()
    assert b"python" in plain.stdout.splitlines()[-1]
    assert watched.stdout == plain.stdout
    seen = json.loads(report.read_text())
    assert seen["sampled_steps"] >= 5
    assert [v["name"] for v in seen["verdicts"] if v["verdict"] == "broken"] == []
