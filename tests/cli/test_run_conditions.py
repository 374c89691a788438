"""`wellfit run` and `rerun --check` where git, the disk or the line ends are not as one would like them."""

import json
import os
import shutil
from pathlib import Path

import pytest
from disks import disk

TRAIN = """
import argparse, torch
from model import Net
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
args = parser.parse_args()
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=args.lr)
for step in range(5):
    loss = net(torch.randn(8, 4)).square().mean()
    opt.zero_grad(); loss.backward(); opt.step()
print(f"val_loss={loss.item():.8f}")
"""
MODEL = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 1))
"""
WIDER = MODEL.replace("nn.Linear(4, 1)", "nn.Linear(4, 8), nn.Linear(8, 1)")


@pytest.fixture
def place(shell):
    """A repository with one commit."""
    shell.commit(train=TRAIN, model=MODEL)
    return shell


def record_of(place) -> dict:
    (file,) = (place.folder / ".wellfit").rglob("record.json")
    return json.loads(file.read_text())


@pytest.mark.parametrize("ends", ["\r\n", "\n"], ids=["CRLF", "LF"])
def test_a_run_under_autocrlf_comes_back_with_the_line_ends_it_had(place, ends):
    place.git("config", "core.autocrlf", "true")
    seeds = "import torch\ntorch.manual_seed(len(open(__file__, newline='').read()))\n"  # the line ends decide
    (place.folder / "model.py").write_bytes((WIDER + seeds).replace("\n", ends).encode())
    first = place.run("run", "train.py")
    assert first.returncode == 0, first.stderr
    place.git("checkout", "-q", "--", "model.py")
    back = place.run("rerun", "--check", record_of(place)["id"])
    assert back.returncode == 0, back.stdout + back.stderr
    assert "equal to the last bit" in back.stdout
    assert back.stdout.splitlines()[0] == first.stdout.splitlines()[0]


def test_without_git_on_the_path_a_run_is_recorded_and_the_reason_told(place, tmp_path_factory):
    ran = place.run("run", "train.py", PATH=str(tmp_path_factory.mktemp("empty")))
    assert ran.returncode == 0, ran.stderr
    record = record_of(place)
    assert (record["status"], record["git"]) == ("done", None)
    assert "no commit was recorded: git is not installed" in record["notes"]
    assert [metric["name"] for metric in record["metrics"]] == ["val_loss", "train_loss"]


@pytest.fixture
def full_disk(place):
    """The records' folder on a file system of its own, of which a few pages are left."""
    with disk(place.folder / ".wellfit", "size=64k") as home:
        yield home


@pytest.mark.parametrize("pages", [0, 6])
def test_a_disk_that_fills_up_ends_no_training_and_is_told(place, full_disk: Path, pages: int):
    left = os.statvfs(full_disk)
    (full_disk / "filler").write_bytes(b"0" * ((left.f_bavail - pages) * left.f_frsize))
    ran = place.run("run", "train.py")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("val_loss=")
    assert "Traceback" not in ran.stderr
    assert "failed itself" not in ran.stderr
    assert "No space left on device" in ran.stderr
    (full_disk / "filler").unlink()
    for file in full_disk.rglob("record.json"):
        assert json.loads(file.read_text())["status"] in {"running", "done"}
    assert place.run("runs").returncode == 0


def test_no_value_of_the_environment_reaches_a_record(place):
    value = "a-value-that-nobody-may-read"
    assert place.run("run", "train.py", MY_VARIABLE=value, WANDB_API_KEY=value).returncode == 0
    assert {"MY_VARIABLE", "WANDB_API_KEY"} <= set(record_of(place)["software"]["variables"])
    files = [file for file in (place.folder / ".wellfit").rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if value.encode() in file.read_bytes()]
    assert value not in place.run("runs", "show", record_of(place)["id"], "--json").stdout


def test_a_pickle_in_a_record_is_never_loaded(place):
    assert place.run("run", "train.py").returncode == 0
    (folder,) = (place.folder / ".wellfit" / "runs").glob("*/*")
    bomb = b"cos\nsystem\n(S'touch it-ran'\ntR."
    for name in ("record.pkl", "generators.json", "events-0-1.jsonl", "staged.patch"):
        (folder / name).write_bytes(bomb)
    for words in (("runs",), ("runs", "show", folder.name), ("runs", "diff", folder.name, folder.name)):
        assert place.run(*words).returncode == 0
    place.run("rerun", "--check", folder.name)
    assert not list(place.folder.rglob("it-ran"))
    assert shutil.which("touch")
