"""`wellfit rerun --check` on scripts that do not come back: what only processes of their own can show."""

import json
import os
import subprocess

import numpy as np
import planted
import pytest


def make(shell, text, **changes):
    """Record a run of a script in a repository; its id."""
    planted.write(shell.folder, text)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        named = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words]
        subprocess.run(named, cwd=shell.folder, env=environment, check=True)
    ran = shell.run("run", "train.py", **changes)
    assert ran.returncode == 0, ran.stderr
    (record,) = (shell.folder / ".wellfit").rglob("record.json")
    return json.loads(record.read_text())["id"]


def said(back):
    """The cause and the fix, and how many short runs there were."""
    assert back.returncode == 1, back.stdout + back.stderr
    lines = dict(line.split(": ", 1) for line in back.stdout.splitlines() if line.startswith(("cause: ", "fix: ")))
    return lines["cause"], lines.get("fix", ""), back.stderr.count("short run ")


def test_an_operation_whose_threads_race_is_named_with_its_cure(shell):
    text = planted.RACE
    cause, fix, trials = said(shell.run("rerun", "--check", make(shell, text)))
    line = planted.line_of(text, "index_put_")
    assert cause.startswith("kernels: equal inputs give other outputs, first in what aten.index_put_ at")
    assert f"train.py:{line} computes in Pool" in cause
    assert fix == "torch.use_deterministic_algorithms(True) before training"
    assert trials == 4


@pytest.mark.corpus
def test_an_order_of_sets_that_the_environment_leaves_to_chance_is_named(shell):
    text = planted.SETS
    name = make(shell, text, PYTHONHASHSEED="random")
    cause, fix, trials = said(shell.run("rerun", "--check", name, PYTHONHASHSEED="random"))
    assert cause.startswith("hash order: ")
    assert "with PYTHONHASHSEED=0, short runs come out equal" in cause
    assert f"train.py:{planted.line_of(text, 'y = torch.tensor([names')}" in fix
    assert trials == 4


def test_a_file_that_has_changed_since_is_named(shell, tmp_path_factory):
    scale = tmp_path_factory.mktemp("data") / "scale.npy"
    np.save(scale, np.float32(1.0))
    scaled = f"x = x * torch.tensor(np.load({str(scale)!r}))\n"
    name = make(shell, planted.script(scaled, planted.NET, planted.SHUFFLED))
    np.save(scale, np.float32(1.5))
    cause, _, trials = said(shell.run("rerun", "--check", name))
    assert cause.startswith("a file: short runs of now are equal")
    assert str(scale) in cause
    assert trials == 2


@pytest.mark.corpus
def test_another_number_of_threads_is_named(shell):
    summed = "x[:, 0] += torch.linspace(0, 1, 400_001).sin().sum() % 1\n"
    name = make(shell, planted.script(planted.NET, summed, planted.IN_ORDER), OMP_NUM_THREADS="2")
    cause, fix, trials = said(shell.run("rerun", "--check", name))
    assert cause.startswith("threads: torch used 2 threads when this was recorded and uses 1 now")
    assert fix.startswith("OMP_NUM_THREADS=2")
    assert trials == 3


def test_a_script_that_comes_back_costs_no_short_run(shell):
    back = shell.run("rerun", "--check", make(shell, planted.COMES_BACK))
    assert back.returncode == 0, back.stdout + back.stderr
    assert "short run" not in back.stderr
    assert "cause" not in back.stdout
