"""`wellfit tune` on a script that nobody changed: its own options and ours together; every mistake in a sentence."""

import json
import re
import signal
import time

import pytest

SCRIPT = """
import argparse, torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1e-4)
parser.add_argument("--hidden-size", type=int, default=16)
parser.add_argument("--optimizer", choices=["adam", "sgd"], default="adam")
parser.add_argument("--nan-above", type=float, default=9.0)
parser.add_argument("--slow", type=float, default=0.0)
parser.add_argument("--fail-above", type=float, default=9.0)
args = parser.parse_args()
if args.lr > args.fail_above:
    raise RuntimeError(f"too hot: {args.hidden_size}")
torch.manual_seed(0)
x, y = load_wine(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
x = (x - x.mean(0)) / x.std(0)
order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
rows, held = order[:120], order[120:]
model = nn.Sequential(nn.Linear(13, args.hidden_size), nn.ReLU(), nn.Dropout(0.2), nn.Linear(args.hidden_size, 3))
kind = torch.optim.AdamW if args.optimizer == "adam" else torch.optim.SGD
opt = kind(model.parameters(), lr=args.lr)
data = torch.utils.data.TensorDataset(x[rows], y[rows])
loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)
for epoch in range(6):
    model.train()
    for a, b in loader:
        opt.zero_grad()
        F.cross_entropy(model(a), b).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        loss = F.cross_entropy(model(x[held]), y[held]).item()
    if args.slow:
        import time
        time.sleep(args.slow)
    print(f"epoch {epoch} valid_loss={float('nan') if args.lr > args.nan_above else loss:.4f}", flush=True)
open("weights.txt", "w").write("written beside the script")
"""


@pytest.fixture(scope="module")
def searched(make_shell, tmp_path_factory):
    """One search with its own options and ours, and what it left behind."""
    shell = make_shell(tmp_path_factory.mktemp("tune"))
    shell.write("train.py", SCRIPT)
    ranges = ["--lr", "log:1e-4..1", "--hidden-size", "4..64", "--optimizer", "choice:adam,sgd", "--dropout", "0..0.6"]
    run = shell.run("tune", "-o", "found.json", "train.py", *ranges, "--trials", "12", "--name", "first")
    return shell, run


def test_finds_a_setting_that_holds_on_fresh_seeds(searched):
    _, run = searched
    assert run.returncode == 0, run.stderr
    assert "a better setting: valid_loss" in run.stdout
    assert "--hidden-size" in run.stdout
    assert "the script's own --lr" in run.stderr
    assert "set in the running script" in run.stderr


def test_every_trial_is_a_record_of_its_own_and_the_folder_stays_as_it_was(searched):
    shell, _ = searched
    found = json.loads((shell.folder / "found.json").read_text())
    records = [json.loads(p.read_text()) for p in shell.folder.glob(".wellfit/runs/*/*/record.json")]
    by_id = {record["id"]: record for record in records}
    assert not (shell.folder / "weights.txt").exists()
    assert len(found["trials"]) == 12
    assert sorted(trial["slot"] for trial in found["trials"]) == list(range(12))
    for trial in found["trials"]:
        record = by_id[trial["run"]]
        options = {option["name"]: option["value"] for option in record["options"]}
        assert record["kind"] == "trial"
        assert record["parent"] == "first"
        assert record["status"] == {"done": "done", "pruned": "pruned"}[trial["end"]]
        assert options["lr"] == pytest.approx(trial["values"]["lr"], rel=1e-5)
        assert options["dropout"] == pytest.approx(trial["values"]["dropout"], rel=1e-5)
        assert options["optimizer"] == trial["values"]["optimizer"]
        assert not [note for note in record["notes"] if "not kept" in note], "its copy's files are the folder's own"


def test_the_first_trial_is_the_scripts_own_setting(searched):
    shell, _ = searched
    own = json.loads((shell.folder / "found.json").read_text())["trials"][0]
    assert own["values"] == {"lr": 1e-4, "hidden_size": 16, "optimizer": "adam", "dropout": 0.2}
    plain = shell.run(python=("train.py",))
    assert float(re.findall(r"valid_loss=([\d.]+)", plain.stdout)[-1]) == pytest.approx(own["value"], abs=1e-4)


def test_the_winner_has_the_value_that_the_script_has_with_it(searched):
    shell, _ = searched
    found = json.loads((shell.folder / "found.json").read_text())
    best = next(trial for trial in found["trials"] if trial["slot"] == found["best"])
    values = best["values"]
    edited = SCRIPT.replace("nn.Dropout(0.2)", f"nn.Dropout({values['dropout']!r})")
    shell.write("edited.py", edited)
    words = [
        "--lr",
        f"{values['lr']:.6g}",
        "--hidden-size",
        str(values["hidden_size"]),
        "--optimizer",
        values["optimizer"],
    ]
    plain = shell.run(*words, python=("edited.py",))
    assert float(re.findall(r"valid_loss=([\d.]+)", plain.stdout)[-1]) == pytest.approx(best["value"], abs=2e-4)


def test_goes_on_where_it_was_ended(searched):
    shell, _ = searched
    run = shell.run("tune", "--resume", "--trials", "14", "--seeds", "0", "-o", "more.json")
    assert run.returncode == 0, run.stderr
    before = json.loads((shell.folder / "found.json").read_text())["trials"]
    after = json.loads((shell.folder / "more.json").read_text())["trials"]
    assert after[:12] == before
    assert len(after) == 14


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--lr", "1..0.1"], "wrong way round: write 0.1..1"),
        (["--lr", "log:0..1"], "begins above 0"),
        (["--lr", ".."], "a range has two ends"),
        (["--lr", "0.1..0.1"], "holds one value"),
        (["--lr", "log:1e-4..1", "--lr", "0.1"], "has a range and a value"),
        (["--lr", "0..1", "--lr", "0..2"], "lr has two ranges"),
        (["--optimizer", "choice:adam"], "two different choices"),
        (["--hidden-size", "int:1.5..8"], "must be whole numbers"),
        (["--seeds", "2"], "take 3 or more"),
        (["--workers", "none"], "is no number of workers"),
        (["--halving", "--no-prune"], "leave one of them away"),
        (["--resume"], "--resume goes on with a study"),
    ],
)
def test_a_mistake_in_what_was_typed_is_told_before_anything_runs(make_shell, tmp_path, words, sentence):
    shell = make_shell(tmp_path)
    shell.write("train.py", SCRIPT)
    run = shell.run("tune", "train.py", *words)
    assert run.returncode == 2
    assert sentence in " ".join(run.stderr.split())
    assert not (tmp_path / ".wellfit").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--hiden-size", "4..8"], "did you mean --hidden-size?"),
        (["--augment", "0..1"], "no batch of float images"),
        (["--dropout", "0..1.5"], "dropout is at least 0 and at most 0.95, and 1.5 is not"),
        (["--lr", "log:1e-4..1", "--metric", "valid_los"], "did you mean valid_loss?"),
    ],
)
def test_a_mistake_that_only_the_script_shows_is_told_before_any_trial(make_shell, tmp_path, words, sentence):
    shell = make_shell(tmp_path)
    shell.write("train.py", SCRIPT)
    run = shell.run("tune", "train.py", *words)
    assert run.returncode == 2
    assert sentence in " ".join(run.stderr.split())
    assert not (tmp_path / ".wellfit" / "studies").exists()


def test_a_metric_that_is_not_finite_is_infeasible_and_no_huge_number(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", SCRIPT)
    words = ["--lr", "log:1e-4..1", "--nan-above", "0.01", "--trials", "7", "--seeds", "0", "-o", "found.json"]
    run = shell.run("tune", "train.py", *words)
    assert run.returncode == 0, run.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    hot = [trial for trial in found["trials"] if trial["values"]["lr"] > 0.01]
    assert hot
    assert {(trial["end"], trial["value"]) for trial in hot} == {("diverged", None)}
    assert "was not finite in" in run.stdout


def test_settings_that_all_fail_end_the_search_with_the_scripts_own_words(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", SCRIPT)
    run = shell.run("tune", "train.py", "--lr", "log:1e-3..1", "--fail-above", "0.0005", "--trials", "9")
    assert run.returncode == 2
    assert "3 of 4 trials failed" in run.stderr
    assert "too hot: 16" in run.stderr


def test_a_script_whose_own_run_fails_is_its_own_failure(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write(
        "train.py", SCRIPT.replace('open("weights.txt"', 'raise ValueError("disk is mine")\nopen("weights.txt"')
    )
    run = shell.run("tune", "train.py", "--lr", "log:1e-3..1", "--trials", "4")
    assert run.returncode == 3
    assert "disk is mine" in run.stderr


def test_a_metric_that_never_appears(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write(
        "train.py", SCRIPT.replace("with torch.no_grad():", "if False:").replace("    print(f", "    # print(f")
    )
    run = shell.run("tune", "train.py", "--lr", "log:1e-3..1", "--trials", "4")
    assert run.returncode == 2
    assert "no metric of held-out rows was seen" in run.stderr
    assert "--metric NAME" in run.stderr


def test_two_studies_of_one_name(searched):
    shell, _ = searched
    run = shell.run("tune", "train.py", "--lr", "log:1e-3..1", "--trials", "2", "--name", "first")
    assert run.returncode == 2
    assert "a study named first is there already" in run.stderr


def test_a_study_is_not_gone_on_with_for_another_aim(searched):
    shell, _ = searched
    run = shell.run("tune", "--resume", "--name", "first", "--metric", "val_accuracy", "--mode", "max")
    assert run.returncode == 2
    assert "the study first is for valid_loss: begin another one for val_accuracy" in run.stderr
    assert "the study first is for --mode min" in run.stderr


def test_nothing_to_go_on_with(make_shell, tmp_path):
    run = make_shell(tmp_path).run("tune", "--resume")
    assert run.returncode == 2
    assert "there is no search to go on with here" in run.stderr


@pytest.mark.corpus
def test_equal_searches_try_equal_settings(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", SCRIPT)
    for name in ("one", "two"):
        words = ["--lr", "log:1e-4..1", "--dropout", "0..0.6", "--trials", "11", "--seeds", "0"]
        run = shell.run("tune", "train.py", *words, "--name", name, "-o", f"{name}.json")
        assert run.returncode == 0, run.stderr
    one, two = (json.loads((tmp_path / f"{name}.json").read_text())["trials"] for name in ("one", "two"))
    assert [(t["values"], t["value"]) for t in one] == [(t["values"], t["value"]) for t in two]


def test_dry_runs_nothing_and_costs_little(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", SCRIPT)
    run = shell.run("tune", "--dry", "train.py", "--lr", "log:1e-4..1", "--epochs", "5")
    assert run.returncode == 0
    assert "would search train.py --epochs 5: 32 whole runs by 1 worker" in run.stdout
    assert not (tmp_path / ".wellfit").exists()


@pytest.mark.corpus
def test_an_interrupt_keeps_what_was_tried_and_the_search_goes_on(make_shell, tmp_path):
    shell = make_shell(tmp_path)
    shell.write("train.py", SCRIPT)
    words = ["train.py", "--lr", "log:1e-4..1", "--slow", "0.2", "--trials", "6", "--seeds", "0", "--name", "cut"]
    with shell.start("tune", *words) as process:
        journal = tmp_path / ".wellfit" / "studies" / "cut" / "journal.log"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (journal.exists() and journal.read_text().count('"end"') >= 2):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "wellfit tune --resume goes on" in said
    run = shell.run("tune", "--resume", "--name", "cut", "--seeds", "0", "-o", "found.json")
    assert run.returncode == 0, run.stderr
    trials = json.loads((tmp_path / "found.json").read_text())["trials"]
    assert [trial["slot"] for trial in trials] == list(range(6))
    assert {trial["end"] for trial in trials} <= {"done", "pruned"}
