"""`wellfit run`, `runs`, `rerun` and `repro` on a real script in a real repository."""

import json

import pytest
from training import EPOCH

TRAIN = """
import argparse, random
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from model import Net

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--api-key", default="")
args = parser.parse_args()
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=args.lr)
noise = np.random.rand() + random.random() + len(sorted({"a", "b", "c"}, key=hash)[0])
for epoch in range(args.epochs):"""
TRAIN += EPOCH
TRAIN += """
    print(f"epoch {epoch} val_loss={held.item():.8f} noise={noise:.12f}")
"""
MODEL = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10))
"""


KEY = "abcdef0123456789abcdef0123456789"
TWICE = """
from torch import nn


class Twice(nn.Module):
    def forward(self, x):
        return 2 * x.relu()
"""
DOUBLED = MODEL.replace("nn.ReLU()", "Twice()").replace("import nn", "import nn\nfrom twice import Twice")


@pytest.fixture(scope="module")
def repository(make_shell, tmp_path_factory):
    """A repository with one clean run, one of changed and untracked sources, and then another commit."""
    shell = make_shell(tmp_path_factory.mktemp("repository"))
    shell.commit(train=TRAIN, model=MODEL)
    shell.clean = shell.run("run", "train.py")
    shell.write("model.py", DOUBLED)
    shell.write("twice.py", TWICE)
    shell.dirty = shell.run("run", "train.py", "--lr", "0.05", "--api-key", KEY)
    (shell.folder / "twice.py").unlink()
    shell.write("model.py", "raise ImportError('moved')\n")
    shell.git("commit", "-qam", "moved on")
    return shell


def records(shell):
    found = [json.loads(file.read_text()) for file in (shell.folder / ".wellfit").rglob("record.json")]
    return sorted(found, key=lambda record: record["id"])


def test_the_script_runs_as_it_would_alone(repository):
    assert repository.clean.returncode == 0
    lines = repository.clean.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["epoch", "0"], ["epoch", "1"]]
    assert "recorded as" in repository.clean.stderr


def test_a_record_holds_what_ran(repository):
    clean, dirty = records(repository)[:2]
    assert clean["status"] == dirty["status"] == "done"
    assert clean["git"]["commit"] == repository.git("rev-parse", "HEAD~1")
    assert clean["git"]["unstaged"] == []
    assert dirty["git"]["unstaged"] == ["model.py"]
    assert [file["path"] for file in dirty["git"]["untracked"]] == ["twice.py"]
    options = {option["name"]: (option["value"], option["default"]) for option in dirty["options"]}
    assert options["lr"] == (0.05, 0.1)
    metrics = {metric["name"]: metric for metric in clean["metrics"]}
    printed = float(repository.clean.stdout.splitlines()[-1].split("val_loss=")[1].split()[0])
    assert metrics["val_loss"]["last"] == printed
    assert clean["software"]["packages"]["torch"]


def test_a_secret_stands_nowhere_in_the_record_or_what_is_shown(repository):
    record = records(repository)[1]
    shown = repository.run("runs", "show", record["id"])
    files = [file for file in (repository.folder / ".wellfit").rglob("*") if file.is_file()]
    assert len(files) > 6
    assert not [file for file in files if KEY.encode() in file.read_bytes()]
    assert KEY not in shown.stdout + repository.run("runs").stdout


def test_git_sees_nothing_of_the_records(repository):
    assert repository.git("status", "--porcelain") == ""


def test_a_run_comes_back_to_the_last_bit_after_the_repository_has_moved_on(repository):
    clean = records(repository)[0]
    back = repository.run("rerun", "--check", clean["id"][-4:])
    assert back.returncode == 0, back.stdout + back.stderr
    assert back.stdout.splitlines()[-1].startswith("equal to the last bit: 3 first batches")
    assert back.stdout.splitlines()[:2] == repository.clean.stdout.splitlines()
    assert repository.git("worktree", "list").count("\n") == 0


def test_a_masked_command_is_not_run_again(repository):
    back = repository.run("rerun", records(repository)[1]["id"])
    assert back.returncode == 2
    assert "holds a secret" in back.stderr


def test_changed_and_untracked_sources_come_back(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("model.py", MODEL)
    shell.commit(train=TRAIN)
    shell.write("train.py", TRAIN.replace("split(50)", "split(70)"))
    first = shell.run("run", "train.py", "--epochs", "1")
    assert first.returncode == 0, first.stderr
    (shell.folder / "model.py").unlink()
    shell.git("checkout", "-q", "train.py")
    record = records(shell)[0]
    back = shell.run("rerun", "--check", record["id"])
    assert back.returncode == 0, back.stdout + back.stderr
    assert "equal to the last bit" in back.stdout
    assert back.stdout.splitlines()[0] == first.stdout.splitlines()[0]


@pytest.mark.corpus
def test_what_does_not_come_back_is_named(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.commit(train=TRAIN.replace("net = Net()", "torch.seed(); net = Net()"), model=MODEL)
    shell.run("run", "train.py", "--epochs", "1")
    back = shell.run("rerun", "--check", records(shell)[0]["id"])
    assert back.returncode == 1
    differs, cause, fix = back.stdout.splitlines()[-3:]
    assert differs.startswith("differs first in initial weights: the model begins with other weights; when")
    line = 1 + TRAIN.splitlines().index("net = Net()")
    assert cause.startswith("cause: init: the initial weights differ, first in what aten.uniform_ at model.py:7 draws")
    assert f"torch.seed at train.py:{line} takes its seed from the operating system" in cause
    assert fix == f"fix: train.py:{line}: torch.manual_seed(0)"
    assert back.stderr.count("short run ") == 3


def test_two_runs_side_by_side(repository):
    clean, dirty = records(repository)[:2]
    compared = repository.run("runs", "diff", clean["id"], dirty["id"], "-o", "diff.html", "-o", "diff.txt")
    assert compared.returncode == 0, compared.stderr
    assert "local changes" in compared.stdout
    assert "0.05" in compared.stdout
    page = (repository.folder / "diff.html").read_text()
    (repository.folder / "diff.html").unlink()
    (repository.folder / "diff.txt").unlink()
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "Twice()" in page
    assert "http" not in page.replace("http-equiv", "")


def test_unknown_and_ambiguous_names_are_said(repository):
    unknown = repository.run("runs", "show", "nope")
    assert unknown.returncode == 2
    assert "no run is called nope" in unknown.stderr
    several = repository.run("runs", "show", records(repository)[0]["id"][:6])
    assert several.returncode == 2
    assert "may be any of" in several.stderr


def test_a_failing_script_is_recorded_as_failed_with_its_own_exit_code(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", "import torch\nprint('loss=0.5')\nraise SystemExit(7)\n")
    ran = shell.run("run", "train.py")
    assert ran.returncode == 7
    (record,) = records(shell)
    assert (record["status"], record["exit_code"], record["git"]) == ("failed", 7, None)
    assert any("no commit was recorded" in note for note in record["notes"])
    assert "failed" in shell.run("runs").stdout


def test_a_folder_that_cannot_be_written_keeps_no_run_from_running(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", "import torch\nprint('it ran')\n")
    (shell.folder / ".wellfit").write_text("a file where the folder would be")
    ran = shell.run("run", "train.py")
    assert ran.returncode == 0
    assert "it ran" in ran.stdout
    assert "the run is not recorded" in ran.stderr


def test_repro_says_that_it_comes_back_and_how_far_it_moves(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", "import torch\ntorch.manual_seed(3)\n" + TRAIN)
    shell.write("model.py", MODEL)
    found = shell.run("repro", "train.py", "--epochs", "1")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "equal seeds give equal runs" in found.stdout
    assert "the same next step after loading" in found.stdout
    assert "val_loss moves by" in found.stdout
    first, second = records(shell)[:2]
    compared = shell.run("runs", "diff", first["id"], second["id"])
    assert "a tie; from seed to seed it moves by" in compared.stdout


def test_a_check_is_recorded_with_its_verdicts_unless_told_not_to(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", TRAIN.replace("opt.zero_grad()", "pass"))
    shell.write("model.py", MODEL)
    assert shell.run("check", "--no-record", "train.py").returncode == 1
    assert not (shell.folder / ".wellfit").exists()
    shell.run("check", "-q", "train.py")
    (record,) = records(shell)
    found = {verdict["rule"]: verdict["where"] for verdict in record["verdicts"] if verdict["verdict"] == "found"}
    assert found["WF201"].startswith("train.py:")


def test_a_killed_run_is_called_so_with_what_it_had_told(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", TRAIN)
    shell.write("model.py", MODEL)
    process = shell.start("run", "train.py", "--epochs", "100000", "--lr", "0.01")
    for _ in range(4):
        process.stdout.readline()
    process.kill()
    process.stdout.close()  # which ends the script: it has nobody to print to
    process.stderr.close()
    process.wait(timeout=30)
    listed = shell.run("runs", "--where", "status=killed")
    (record,) = records(shell)
    assert record["status"] == "killed"
    assert record["id"] in listed.stdout
    assert {option["name"]: option["value"] for option in record["options"]}["lr"] == 0.01
    assert record["machine"] is not None
    assert "val_loss" in {metric["name"] for metric in record["metrics"]}
