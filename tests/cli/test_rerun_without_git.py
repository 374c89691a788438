"""`wellfit rerun` of a script that lies in no repository, or not in that of its working folder."""

import json
import subprocess

import pytest

TRAIN = """
import importlib, sys
import torch
from net.layer import make

torch.manual_seed(importlib.import_module("seed").SEED)
net = make()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(4):
    loss = net(torch.randn(8, 4)).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    print(f"step {step} loss {loss.item():.8f}")
"""
FILES = {
    "train.py": TRAIN,
    "net/layer.py": "import torch\n\n\ndef make():\n    return torch.nn.Linear(4, 2)\n",
    "seed.py": "SEED = 5\n",
}


@pytest.fixture
def places(make_shell, tmp_path):
    """A folder with code, and another one to work in."""
    code, elsewhere = make_shell(tmp_path / "code"), make_shell(tmp_path / "elsewhere")
    for name, text in FILES.items():
        code.write(name, text)
    elsewhere.folder.mkdir()
    return code, elsewhere


def record(shell):
    (file,) = (shell.folder / ".wellfit").rglob("record.json")
    return json.loads(file.read_text())


def lose(code):
    for name in FILES:
        code.write(name, "raise SystemExit(7)\n")


def came_back(shell, before):
    back = shell.run("rerun", "--check", record(shell)["id"])
    assert back.returncode == 0, back.stdout + back.stderr
    assert "equal to the last bit" in back.stdout
    assert back.stdout.splitlines()[:4] == before.stdout.splitlines()


def test_the_script_and_its_modules_come_back(places):
    code, _ = places
    before = code.run("run", "train.py")
    assert before.returncode == 0, before.stderr
    kept = record(code)
    assert kept["git"] is None
    assert {file["path"] for file in kept["sources"]["files"] if file["kept"]} == set(FILES)
    lose(code)
    came_back(code, before)
    shown = code.run("runs", "show", kept["id"]).stdout
    assert "net/layer.py" in shown


def test_a_script_in_another_folder_comes_back(places):
    code, elsewhere = places
    before = elsewhere.run("run", "../code/train.py")
    assert before.returncode == 0, before.stderr
    assert record(elsewhere)["sources"]["root"] == str(code.folder)
    lose(code)
    came_back(elsewhere, before)


def test_a_script_outside_of_the_repository_comes_back(places):
    code, elsewhere = places
    elsewhere.write("readme", "")
    for words in (("init", "-q"), ("add", "readme"), ("commit", "-qm", "one")):
        names = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *names, *words], cwd=elsewhere.folder, check=True)
    before = elsewhere.run("run", str(code.folder / "train.py"))
    kept = record(elsewhere)
    assert kept["git"]["commit"]
    assert {file["path"] for file in kept["sources"]["files"]} == set(FILES)
    lose(code)
    came_back(elsewhere, before)


def test_two_runs_tell_which_source_differs(places):
    code, _ = places
    code.run("run", "train.py")
    code.write("seed.py", "SEED = 6\n")
    code.run("run", "train.py")
    first, second = sorted(file.parent.name for file in (code.folder / ".wellfit").rglob("record.json"))
    shown = code.run("runs", "diff", first, second).stdout
    assert "local changes" in shown
    assert "3 sources" in shown
