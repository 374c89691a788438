"""`wellfit tune --apply`: the setting that was found is in force in the script, and nothing is written unasked."""

import json
import re
import subprocess
import sys

import pytest

SCRIPT = '''"""A small network on small images."""

import argparse

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=4)
parser.add_argument("--lr", type=float, default=1e-5)
args = parser.parse_args()
torch.manual_seed(0)
x = torch.randn(600, 1, 6, 6)
y = (x[..., :3].mean((1, 2, 3)) > x[..., 3:].mean((1, 2, 3))).long()
loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=40, shuffle=True)
net = nn.Sequential(nn.Flatten(), nn.Linear(36, args.width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(args.width, 2))
opt = torch.optim.AdamW(net.parameters(), lr=args.lr)
for epoch in range(3):
    net.train()
    for a, b in loader:
        opt.zero_grad()
        F.cross_entropy(net(a), b).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        out = net(x[400:])
    print(f"val_loss={F.cross_entropy(out, y[400:]):.6f}")
'''
RANGES = (
    "--width",
    "int:8..64",
    "--lr",
    "log:1e-3..1e-1",
    "--dropout",
    "0.05..0.5",
    "--label-smoothing",
    "0.02..0.2",
    "--augment",
    "0.02..0.2",
    "--schedule",
    "choice:cosine,linear",
)


@pytest.fixture(scope="module")
def searched(tmp_path_factory, make_shell):
    """A folder with a search that no fresh seeds have confirmed."""
    shell = make_shell(tmp_path_factory.mktemp("tuned"))
    shell.write("train.py", SCRIPT)
    result = shell.run("tune", "train.py", *RANGES, "--trials", "5", "--seeds", "0", "-o", "tune.json")
    assert result.returncode == 0, result.stderr
    return shell


@pytest.fixture
def folder(searched):
    yield searched
    searched.write("train.py", SCRIPT)


def best(shell) -> dict:
    answer = json.loads((shell.folder / "tune.json").read_text())
    return next(trial for trial in answer["trials"] if trial["slot"] == answer["best"])


def test_what_fresh_seeds_have_not_confirmed_is_not_written(folder):
    result = folder.run("tune", "--resume", "--seeds", "0", "--apply")
    assert result.returncode == 2
    assert "nothing was written, since no fresh seeds have confirmed the best setting; --force" in result.stderr
    assert (folder.folder / "train.py").read_text() == SCRIPT


def test_a_diff_is_shown_that_git_applies_and_nothing_is_written(folder):
    result = folder.run("tune", "--resume", "--seeds", "0", "--diff", "--force")
    assert result.returncode == 0, result.stderr
    assert (folder.folder / "train.py").read_text() == SCRIPT
    diff = result.stdout[result.stdout.index("--- a/train.py") :]
    subprocess.run(["git", "apply", "-"], cwd=folder.folder, input=diff, text=True, check=True)
    assert (
        f'"--width", type=int, default={best(folder)["values"]["width"]})' in (folder.folder / "train.py").read_text()
    )


def test_the_edited_script_has_the_setting_and_comes_to_the_value_of_its_trial(folder):
    result = folder.run("tune", "--resume", "--seeds", "0", "--apply", "--force")
    assert result.returncode == 0, result.stderr
    assert "width, lr, dropout, label-smoothing, augment, schedule written to train.py" in result.stderr
    trial = best(folder)
    written = (folder.folder / "train.py").read_text()
    for pattern, key in (
        (r'"--lr", type=float, default=(.*?)\)', "lr"),
        (r"Dropout\((.*?)\)", "dropout"),
        (r"label_smoothing=(.*?)\)", "label_smoothing"),
        (r"shift_and_noise\(a, (.*?),", "augment"),
    ):
        assert float(re.search(pattern, written)[1]) == pytest.approx(trial["values"][key], rel=5e-3)
    assert (
        f'scheduler = wellfit.schedule(opt, "{trial["values"]["schedule"]}", 3 * len(loader), min_ratio=0.0)' in written
    )
    assert (written.count("label_smoothing="), written.count("shift_and_noise")) == (1, 1)
    ran = subprocess.run([sys.executable, "train.py"], cwd=folder.folder, capture_output=True, text=True, check=True)
    values = [float(text) for text in re.findall(r"val_loss=(.*)", ran.stdout)]
    assert values[-1] == pytest.approx(trial["value"], rel=1e-2)
    again = folder.run("tune", "--resume", "--seeds", "0", "--apply", "--force")
    assert again.returncode == 0
    assert "the script has this setting already" in again.stderr
    assert (folder.folder / "train.py").read_text() == written


def test_force_alone_is_refused(folder):
    result = folder.run("tune", "--resume", "--force")
    assert result.returncode == 2
    assert "--force is of use with --apply or --diff only" in result.stderr


def test_the_page_is_written_with_what_the_runs_ran_on(folder):
    result = folder.run("tune", "--resume", "--seeds", "0", "-o", "tune.html")
    assert result.returncode == 0, result.stderr
    page = (folder.folder / "tune.html").read_text()
    assert "One of its runs" in page
    assert page.count('class="thread') == 5


def test_the_search_is_one_line_of_the_list_and_its_trials_show_their_settings(folder):
    lines = folder.run("runs").stdout.splitlines()
    assert len(lines) == 3
    assert re.match(r"train-\d{8}-\d{6}  search ", lines[1])
    assert " 5 trials" in lines[1]
    every = folder.run("runs", "--trials").stdout.splitlines()
    assert sum(re.match(r"\d{8}-\d{6}-\w{4}  done ", line) is not None for line in every) == 5
    trial = best(folder)
    shown = folder.run("runs", "show", trial["run"]).stdout
    for key, value in trial["values"].items():
        (row,) = re.findall(rf"^{key}\s+(\S+)", shown, re.MULTILINE)
        assert row == value if isinstance(value, str) else float(row) == pytest.approx(value, rel=1e-4)
