"""Programs of the frameworks with a record and without: equal to the last bit, recorded, and had again."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAMS = {
    "plain": (HERE.parents[1] / "examples" / "wine_mlp.py", None),
    "lightning": (HERE / "programs" / "lightning_logged.py", "lightning"),
    "trainer": (HERE / "programs" / "trainer_printed.py", "transformers"),
    "accelerate": (HERE / "programs" / "accelerate_digits.py", "accelerate"),
}
LR = ("--lr", "0.004")


def call(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        words, cwd=folder, env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


def lines(ran: "subprocess.CompletedProcess[str]") -> list[str]:
    """All but those in which the Trainer tells seconds; the program prints their other values once more, in full."""
    return [line for line in ran.stdout.splitlines() if "_runtime" not in line]


class Recorded:
    """A program that ran alone and recorded, in a repository."""

    def __init__(self, name: str, folder: Path) -> None:
        program, package = PROGRAMS[name]
        if package is not None:
            pytest.importorskip(package)
        self.folder, self.name = folder, program.name
        shutil.copy(program, folder)
        call(folder, "git", "init", "-q")
        call(folder, "git", "add", self.name)
        call(folder, "git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "x")
        self.alone = call(folder, sys.executable, self.name, *LR)
        self.ran = self.wellfit("run", self.name, *LR)
        (record,) = (folder / ".wellfit").rglob("record.json")
        self.record: dict[str, Any] = json.loads(record.read_text())
        self.last = {metric["name"]: metric["last"] for metric in self.record["metrics"]}
        self.source = {metric["name"]: metric["source"] for metric in self.record["metrics"]}

    def wellfit(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return call(self.folder, sys.executable, "-m", "wellfit", *words)


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recorded]:
    """Gives what became of a program, which is run once for all tests."""
    return cache(lambda name: Recorded(name, tmp_path_factory.mktemp("recorded")))


@pytest.fixture(params=PROGRAMS)
def recorded(request: pytest.FixtureRequest, of: Callable[[str], Recorded]) -> Recorded:
    return of(request.param)


def test_a_record_changes_no_bit(recorded: Recorded) -> None:
    assert len(lines(recorded.alone)) > 3
    assert lines(recorded.ran) == lines(recorded.alone)


def test_options_and_first_batches_are_recorded(recorded: Recorded) -> None:
    options = {option["name"]: option for option in recorded.record["options"]}
    assert options["lr"]["value"] == 0.004
    assert options["lr"]["default"] != 0.004
    assert options["lr"]["source"] == "argparse"
    assert len(recorded.record["data"]) == 3


def test_it_comes_back_to_the_last_bit(recorded: Recorded) -> None:
    back = recorded.wellfit("rerun", "--check", recorded.record["id"])
    assert "equal to the last bit: 3 first batches" in back.stdout


def test_what_lightning_logs_is_recorded(of: Callable[[str], Recorded]) -> None:
    ran = of("lightning")
    printed = dict(line.split() for line in lines(ran.alone))
    for name in ("held_loss", "held_acc"):
        assert ran.last[name] == float.fromhex(printed[name])
        assert ran.source[name] == "tensorboard"


def test_what_the_trainer_prints_is_recorded_and_its_seconds_are_set_apart(of: Callable[[str], Recorded]) -> None:
    ran = of("trainer")
    dicts = [ast.literal_eval(line) for line in ran.ran.stdout.splitlines() if "'eval_runtime'" in line]
    assert len(dicts) == 3
    for name in ("eval_loss", "eval_accuracy"):
        assert ran.last[name] == float(dicts[-1][name])
        assert ran.source[name] == "printed"
    assert ran.source["eval_runtime"] == ran.source["train_samples_per_second"] == "timed"


def test_what_an_accelerate_program_prints_is_recorded(of: Callable[[str], Recorded]) -> None:
    ran = of("accelerate")
    last = [line for line in lines(ran.alone) if line.startswith("epoch")][-1]
    assert ran.last["held"] == float(last.partition("held=")[2])
