"""Programs of the frameworks, unchanged: equal to the last bit while watched, and ill ones named at their own line."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent.parent / "gallery" / "frameworks"
PYTHON = (sys.executable,)
TORCHRUN = (str(Path(sys.executable).with_name("torchrun")), "--standalone", "--nproc-per-node", "2")

CASES = {  # by default every second one is run
    "ddp": (TORCHRUN, ("ddp_gloo.py",)),
    "amp_bf16": (PYTHON, ("amp_bf16.py",)),
    "lightning": (PYTHON, ("lightning_digits.py",)),
    "checkpoint": (PYTHON, ("checkpointed.py",)),
    "hf_trainer": (PYTHON, ("hf_trainer_text.py",)),
    "checkpoint_reentrant": (PYTHON, ("checkpointed.py", "--reentrant")),
    "compile_inductor": (PYTHON, ("compiled.py", "--backend", "inductor")),
    "compile_aot_eager": (PYTHON, ("compiled.py",)),
}
INJECTED = {
    "softmax": ("softmax-before-cross-entropy", ("amp_bf16", "checkpoint_reentrant", "ddp", "hf_trainer", "lightning")),
    "no-zero-grad": ("gradients-not-cleared", ("amp_bf16", "checkpoint", "compile_aot_eager", "ddp", "lightning")),
}


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.run(
        command,
        cwd=PROGRAMS,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def watch(case: str, report: Path, *more: str) -> "tuple[subprocess.CompletedProcess[str], dict[str, Any]]":
    launcher, words = CASES[case]
    command = (*launcher, *words, *more) if launcher is TORCHRUN else (*words, *more)
    ran = run(sys.executable, "-m", "wellfit", "check", "-o", str(report), *command)
    return ran, json.loads(report.read_text())


@cache
def compiler_works() -> bool:
    """Whether torch.compile's default backend finds a C++ compiler here."""
    code = "import torch; torch.compile(lambda x: x + 1)(torch.ones(2))"
    return run(sys.executable, "-c", code).returncode == 0


def findings(report: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Rule, file and line of every error and warning."""
    loud = [v for v in report["verdicts"] if v["verdict"] == "found" and v["severity"] != "note"]
    return [(v["name"], Path(f["where"]["file"]).name, f["where"]["line"]) for v in loud for f in v["findings"]]


def marked_line(program: str, bug: str) -> int:
    lines = (PROGRAMS / program).read_text().splitlines()
    return next(n for n, text in enumerate(lines, 1) if text.endswith(f"# <- ill: {bug}"))


@pytest.mark.parametrize("case", CASES)
def test_healthy_program_is_equal_to_the_last_bit_and_has_no_finding(case: str, tmp_path: Path) -> None:
    if case == "compile_inductor" and not compiler_works():
        pytest.skip("torch.compile finds no C++ compiler on this machine")
    launcher, words = CASES[case]
    plain = run(*launcher, *words)
    watched, report = watch(case, tmp_path / "report.json")
    assert plain.returncode == 0, plain.stderr
    assert watched.stdout == plain.stdout
    assert findings(report) == []
    assert report["steps"] > 0
    assert watched.returncode == 0, watched.stderr


@pytest.mark.parametrize(("bug", "case"), [(bug, case) for bug, (_, cases) in INJECTED.items() for case in cases])
def test_injected_bug_is_named_at_the_users_own_line(bug: str, case: str, tmp_path: Path) -> None:
    program = CASES[case][1][0]
    watched, report = watch(case, tmp_path / "report.json", "--ill", bug)
    assert findings(report) == [(INJECTED[bug][0], program, marked_line(program, bug))], watched.stderr
    assert watched.returncode == 1, watched.stderr
