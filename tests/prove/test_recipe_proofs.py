"""`wellfit recipe --prove` on small scripts: what is measured, what is said of it, and what comes in between."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BLOBS = """\
import os
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
centers = torch.randn(6, 12)
labels = torch.arange(900) % 6
rows = centers[labels] + 1.2 * torch.randn(900, 12)
{before}
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 6))
optimizer = {optimizer}
{scheduler}
for epoch in range({epochs}):
    net.train()
    for at in range(0, 600, 60):
        batch = torch.arange(at, at + 60)
        loss = F.cross_entropy(net(rows[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        {step}
    {after}
"""

SLOW = "torch.optim.SGD(net.parameters(), lr=1e-4)"
EVALUATION = """\
net.eval()
    with torch.no_grad():
        right = (net(rows[600:]).argmax(1) == labels[600:]).sum()
"""


def blobs(**parts: Any) -> str:
    """A script on six blobs whose learning rate is far too low; parts take the place of its own."""
    own = {"before": "", "optimizer": SLOW, "scheduler": "", "epochs": 6, "step": "", "after": ""}
    return BLOBS.format(**{**own, **parts})


@dataclass(frozen=True)
class Measured:
    """What one call came to."""

    page: dict[str, Any]
    text: str
    stdout: str
    stderr: str
    exit_code: int

    @property
    def proof(self) -> dict[str, Any]:
        return dict(self.page["measured"]["proof"])

    @property
    def first_line(self) -> str:
        return self.text.splitlines()[0]

    @property
    def notes(self) -> str:
        return " ".join(self.page["measured"]["notes"])


Measure = Callable[..., Measured]


def command(tmp_path: Path, text: str, *options: str) -> list[str]:
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    (folder / "train.py").write_text(text)
    files = ["-o", str(tmp_path / "page.json"), "-o", str(tmp_path / "page.txt")]
    return [sys.executable, "-m", "wellfit", "recipe", "--prove", *files, *options, "train.py"]


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    """Measures the recipe of a script of this text, in a folder of its own."""

    def run(text: str, *options: str) -> Measured:
        words = command(tmp_path, text, *options)
        ended = subprocess.run(
            words, cwd=tmp_path / "project", capture_output=True, text=True, timeout=300, check=False
        )
        page, shown = tmp_path / "page.json", tmp_path / "page.txt"
        assert page.exists(), ended.stderr
        return Measured(json.loads(page.read_text()), shown.read_text(), ended.stdout, ended.stderr, ended.returncode)

    return run


def test_recipe_that_helps_is_told_first_with_its_interval(measure: Measure) -> None:
    measured = measure(blobs(after=EVALUATION))
    proof = measured.proof
    low, middle, high = proof["effect"]
    assert measured.exit_code == 0
    assert proof["verdict"] == "helps"
    assert 0 < low <= middle <= high
    assert (proof["seeds"], proof["steps"], proof["rows"], proof["held_back"]) == (3, 60, 300, True)
    assert measured.first_line.startswith("The recipe helps: accuracy ")
    assert measured.first_line.endswith(", 60 steps x 3 seeds.")
    assert "measuring the recipe: 3 seeds x 2 runs" in measured.stderr
    assert measured.page["measured"]["applied"]["steps"] == 60


@pytest.mark.corpus
def test_recipe_that_hurts_is_said_so_first(measure: Measure) -> None:
    good = "torch.optim.Adam(net.parameters(), lr=1e-2)"
    measured = measure(blobs(optimizer=good, after=EVALUATION), "--family", "encoder-finetune")
    assert measured.proof["verdict"] == "hurts"
    assert measured.first_line.startswith("The recipe hurts here, the script's own set-up is better: accuracy ")
    assert measured.exit_code == 0


@pytest.mark.corpus
def test_undecided_comparison_says_what_would_settle_it(measure: Measure) -> None:
    noise = "labels = torch.randint(0, 6, (900,))"
    measured = measure(blobs(before=noise, after=EVALUATION, epochs=2), "--seeds", "2")
    assert measured.proof["verdict"] == "no measurable effect"
    assert "undecided" in measured.text
    assert "--seeds 4 narrows the interval" in measured.text


def test_folder_stays_as_it_was_and_output_is_that_of_the_watched_run(measure: Measure, tmp_path: Path) -> None:
    text = blobs(before="print('begins', flush=True)", step="open('steps.txt', 'a').write('.')")
    measured = measure(text, "--seeds", "1")
    assert measured.stdout == "begins\n"
    assert (tmp_path / "project" / "steps.txt").read_text() == "." * 7, "the eighth step ends the watched run"
    assert measured.proof["effect"]


def test_code_goes_to_standard_output_and_of_no_evaluation_training_rows_are_scored(measure: Measure) -> None:
    measured = measure(blobs(), "--seeds", "1", "--code")
    compile(measured.stdout, "code", "exec")
    assert "wellfit: The recipe helps: " in measured.stderr
    assert (measured.proof["held_back"], measured.proof["steps"]) == (False, 50)
    assert "The script was cut after 50 steps of its 60" in measured.notes


DECAYING = "scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, 60)"


@pytest.mark.corpus
def test_schedule_of_a_script_that_is_cut_is_compressed(measure: Measure) -> None:
    measured = measure(blobs(scheduler=DECAYING, step="scheduler.step()"), "--seeds", "1")
    assert "with its schedule compressed to them" in measured.notes


@pytest.mark.corpus
def test_rates_that_the_loop_sets_cannot_be_compressed(measure: Measure) -> None:
    by_hand = "optimizer.param_groups[0]['lr'] = 1e-4 * (1 - (10 * epoch + at / 60) / 60)"
    measured = measure(blobs(step=by_hand), "--seeds", "1")
    assert "before its schedule came to its end" in measured.notes


@pytest.mark.corpus
def test_long_script_is_cut_by_the_budget(measure: Measure) -> None:
    measured = measure(
        blobs(before="import time", step="time.sleep(0.1)", epochs=500), "--seeds", "1", "--budget", "20s"
    )
    assert 8 <= measured.proof["steps"] < 200
    assert "of its 5,000" in measured.notes
    assert measured.page["measured"]["applied"]["steps"] == measured.proof["steps"]


NOT_MEASURED = {
    "crash": (
        blobs(step="assert float(loss) > 1.2, 'it learns'", epochs=20),
        "with the recipe, the script did not run: it failed with exit code 1: AssertionError: it learns",
    ),
    "LBFGS": (
        blobs(optimizer="torch.optim.LBFGS(net.parameters())").replace(
            "optimizer.step()", "optimizer.step(lambda: F.cross_entropy(net(rows[batch]), labels[batch]))"
        ),
        "LBFGS computes its gradients within the step",
    ),
    "few steps": (blobs(epochs=1).replace("(0, 600, 60)", "(0, 360, 60)"), "the script makes 6 steps"),
}


@pytest.mark.parametrize("what", NOT_MEASURED)
def test_what_cannot_be_measured_is_a_sentence(what: str, measure: Measure) -> None:
    text, reason = NOT_MEASURED[what]
    measured = measure(text, "--seeds", "1")
    assert measured.exit_code == 0, measured.stderr
    assert measured.proof["verdict"] == "could not measure"
    assert reason in measured.proof["reason"]
    assert measured.first_line.startswith("The recipe was not measured: ")


@pytest.mark.corpus
def test_interrupt_keeps_what_is_measured(tmp_path: Path) -> None:
    slow = blobs(before="import time", step="time.sleep(0.01)", after=EVALUATION)
    start = {"cwd": tmp_path / "project", "stderr": subprocess.PIPE, "text": True, "preexec_fn": _hear_interrupts}
    with subprocess.Popen(command(tmp_path, slow, "--seeds", "40"), **start) as process:
        assert process.stderr is not None
        while "measuring the recipe" not in process.stderr.readline():
            pass
        time.sleep(15)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    proof = json.loads((tmp_path / "page.json").read_text())["measured"]["proof"]
    assert process.returncode == 0
    assert proof["reason"].endswith(" of 40 seeds: interrupted")
    assert 1 <= proof["seeds"] < 40


def _hear_interrupts() -> None:
    """A process that was started in the background inherits a deaf ear."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
