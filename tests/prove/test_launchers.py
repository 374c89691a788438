"""Runs that something else than `python train.py` starts: one process of them is proved."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from proving import program

from wellfit.errors import ProofError
from wellfit.model.run import Started
from wellfit.prove.one_process import alone, start_of_one

DDP = Path(__file__).parent.parent / "gallery" / "frameworks" / "ddp_gloo.py"
TORCHRUN = str(Path(sys.executable).with_name("torchrun"))


def proof_of(folder: Path, *command: str) -> dict[str, Any]:
    """The proof of WF101 in a run of this command."""
    report = folder.parent / "report.json"
    words = [sys.executable, "-m", "wellfit", "check", "--prove", "--seeds", "2", "-o", str(report), *command]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert report.exists(), ended.stderr
    verdict = next(v for v in json.loads(report.read_text())["verdicts"] if v["rule"] == "WF101")
    (finding,) = verdict["findings"]
    return dict(finding["proof"])


def test_one_process_of_a_data_parallel_run_is_proved(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(DDP, folder / "train.py")
    launcher = (TORCHRUN, "--standalone", "--nproc-per-node", "2")
    proof = proof_of(folder, *launcher, "train.py", "--ill", "softmax")
    assert proof["seeds"] == 2
    assert proof["cured"] > proof["as_is"] + 0.1
    assert "one process, where 2 trained" in proof["reason"]


def test_a_shell_script_that_changes_folder_is_proved_where_it_went(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "inner"
    inner.mkdir(parents=True)
    (inner / "rows.txt").write_text("6")
    (inner / "train.py").write_text(program(before="classes = int(open('rows.txt').read())"))
    (inner.parent / "run.sh").write_text("cd inner && exec python train.py\n")
    proof = proof_of(inner.parent, "sh", "run.sh")
    assert proof["seeds"] == 2
    assert proof["verdict"] != "could not measure", proof["reason"]


def test_what_was_typed_starts_python_itself() -> None:
    typed = (sys.executable, "train.py", "--epochs", "3")
    started = Started((sys.executable, "train.py", "--epochs", "3"), "/home/user")
    assert start_of_one(typed, Path("/home/user"), started) == (typed, Path())


def test_workers_of_multiprocessing_are_started_by_their_script() -> None:
    typed = (sys.executable, "train.py")
    started = Started((sys.executable, "-c", "from multiprocessing.spawn import spawn_main"), "/home/user")
    assert start_of_one(typed, Path("/home/user"), started) == (typed, Path())


def test_a_start_outside_of_the_folder_is_refused() -> None:
    started = Started((sys.executable, "train.py"), "/elsewhere")
    with pytest.raises(ProofError, match="starts the script in /elsewhere"):
        start_of_one(("sh", "run.sh"), Path("/home/user"), started)


def test_another_python_is_refused() -> None:
    started = Started(("/usr/bin/python-of-another-kind", "train.py"), "/home/user")
    with pytest.raises(ProofError, match="name the script itself"):
        start_of_one(("torchrun", "train.py"), Path("/home/user"), started)


def test_the_only_process_is_told_a_port_that_is_free_each_time() -> None:
    first, second = alone(), alone()
    assert first["RANK"] == first["LOCAL_RANK"] == "0"
    assert first["WORLD_SIZE"] == "1"
    assert int(first["MASTER_PORT"]) > 1023 < int(second["MASTER_PORT"])


@pytest.mark.corpus
def test_an_environment_within_the_folder_is_used_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "train.py").write_text(program())
    command = [str(tmp_path / ".venv" / "bin" / "python"), "-m", "wellfit", "check", "--prove", "--seeds", "1"]
    ended = subprocess.run([*command, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "could not measure" not in ended.stderr
    assert "1 seed: " in ended.stderr
    assert ended.returncode == 1
