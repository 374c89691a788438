"""`wellfit runs export`: real records in the stores of MLflow and W&B, read back by these."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from wellfit.model.record import MetricSummary, Option, RunRecord
from wellfit.runs.store import OpenRun, Store

READERS = Path(__file__).resolve().parent.parent / "exported"
KEY = "abcdef0123456789abcdef0123456789"
TRAIN = """
import argparse, torch
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--api-key")
parser.add_argument("--fail", type=int, default=0)
args = parser.parse_args()
if args.fail:
    raise SystemExit(args.fail)
net = torch.nn.Linear(2, 1)
opt = torch.optim.SGD(net.parameters(), lr=args.lr)
for step in range(4):
    print(f"val_loss={1 / (1 + step):.4f}")
    print(f"acc={step / 4}")
    print(f"acc={(1 + step) / 16}")
    loss = net(torch.ones(3, 2)).square().mean()
    opt.zero_grad(); loss.backward(); opt.step()
"""
MISSING = """
import sys
from wellfit.keep.export import catalogue
catalogue.NEEDED[{tracker!r}] = ("wellfit_has_no_such_module",)
from wellfit.cli.main import main
sys.argv = ["wellfit", "runs", "export", "--to", {tracker!r}]
main()
"""
STRANGE = {
    "options": (
        Option("a/../../b", "\udcff", None, "argparse"),
        Option("a?b", float("nan"), None, "argparse"),
        Option("a*b", 10**30, None, "argparse"),
        Option("", True, None, "argparse"),
        Option("_wandb", "x", None, "argparse"),
        Option("long", "x" * 10_000, None, "argparse"),
    ),
    "metrics": (MetricSummary("../m", "printed", 1, 1.0, 1.0, float("inf"), 0, 0),),
}


def needs(*modules: str) -> pytest.MarkDecorator:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


needs_mlflow, needs_wandb = needs("mlflow", "sqlalchemy", "alembic"), needs("wandb")


def keep(shell, status: str, **changes) -> str:
    """A record without a process."""
    store = Store(shell.folder / ".wellfit")
    begun = store.begin(RunRecord("", "run", ("x",), str(shell.folder), "x.py", "", "running", 0))
    assert isinstance(begun, OpenRun)
    begun.close(replace(begun.record, status=status, **changes))
    return begun.record.id


@pytest.fixture(scope="module")
def runs(make_shell, tmp_path_factory):
    """A repository with runs that were done, failed, pruned, killed and odd, and one that is under way."""
    shell = make_shell(tmp_path_factory.mktemp("exporting") / "my project")
    shell.folder.mkdir()
    shell.commit(train=TRAIN)
    shell.write("train.py", f"{TRAIN}# API_KEY={KEY}\n")
    assert shell.run("run", "train.py", "--lr", "0.3", "--api-key", KEY).returncode == 0
    assert shell.run("run", "train.py", "--fail", "3").returncode == 3
    listed = sorted((shell.folder / ".wellfit" / "runs").glob("*/*"))
    shell.done, shell.failed = (folder.name for folder in listed)
    shell.records = {folder.name: json.loads((folder / "record.json").read_text()) for folder in listed}
    shell.killed, shell.pruned, shell.odd = (
        keep(shell, "killed", exit_code=-9), keep(shell, "pruned"), keep(shell, "paused", **STRANGE),
    )  # fmt: skip
    shell.under_way = Store(shell.folder / ".wellfit").begin(RunRecord("", "run", ("x",), "/", "x", "", "running", 0))
    return shell


def read(program: str, *words: str):
    said = subprocess.run(
        [sys.executable, READERS / program, *words], capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(said.stdout.splitlines()[-1])


def by_name(found) -> dict:
    named = {run["name"]: run for run in found}
    assert len(named) == len(found), "a run twice"
    return named


def mlflow_of(shell, *change: str) -> dict:
    return read("read_mlflow.py", f"sqlite:///{shell.folder}/.wellfit/export/mlflow.db", *change)


@pytest.fixture(scope="module")
def in_mlflow(runs):
    said = runs.run("runs", "export", "--to", "mlflow")
    assert said.returncode == 0, said.stderr
    assert "5 runs exported (1 still running); next: mlflow ui --backend-store-uri 'sqlite:///" in said.stderr
    found = mlflow_of(runs)
    assert found["experiments"] == ["my project"]
    return by_name(found["runs"])


@needs_mlflow
def test_mlflow_has_each_ended_run_once_with_its_status(runs, in_mlflow):
    assert {name: run["status"] for name, run in in_mlflow.items()} == {
        runs.done: "FINISHED", runs.failed: "FAILED", runs.killed: "KILLED", runs.pruned: "KILLED", runs.odd: "FAILED",
    }  # fmt: skip
    assert {run["tags"]["wellfit.status"] for run in in_mlflow.values()} == {
        "done", "failed", "killed", "pruned", "paused",
    }  # fmt: skip


@needs_mlflow
def test_mlflow_has_options_metrics_and_times_as_recorded(runs, in_mlflow):
    run, record = in_mlflow[runs.done], runs.records[runs.done]
    assert in_mlflow[runs.failed]["params"]["fail"] == "3"
    assert {"lr": "0.3", "fail": "0", "api_key": "***"}.items() <= run["params"].items()
    assert [point[:2] for point in run["history"]["val_loss"]] == [[0, 1.0], [1, 0.5], [2, 0.3333], [3, 0.25]]
    assert [point[0] for point in run["history"]["acc"]] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [point[0] for point in run["history"]["train_loss"]] == [0, 1, 2, 3]
    assert run["history"]["best/val_loss"][0][1] == 0.25
    assert run["history"]["best/acc"][0][1] == 0.75
    began = datetime.fromisoformat(record["started"]).timestamp() * 1000
    assert run["began"] == pytest.approx(began, abs=1)
    assert run["ended"] - run["began"] == pytest.approx(record["elapsed_s"] * 1000, abs=1)
    assert all(run["began"] <= at <= run["ended"] for points in run["history"].values() for *_, at in points)
    assert run["tags"]["mlflow.source.git.commit"] == record["git"]["commit"]


@needs_mlflow
def test_mlflow_has_record_and_changes_without_secrets(runs, in_mlflow):
    files = in_mlflow[runs.done]["files"]
    assert json.loads(files["record.json"]) == runs.records[runs.done]
    assert "+# API_KEY=***" in files["changes.patch"]
    assert KEY not in json.dumps(in_mlflow)
    assert KEY.encode() not in (runs.folder / ".wellfit" / "export" / "mlflow.db").read_bytes()


@needs_mlflow
def test_mlflow_takes_odd_names_and_values_under_names_of_its_own(runs, in_mlflow):
    odd = in_mlflow[runs.odd]
    assert {"a/b": "\\udcff", "a_b": "nan", "a_b_2": str(10**30), "_": "True"}.items() <= odd["params"].items()
    assert len(odd["params"]["long"]) == 6000
    assert list(odd["history"]) == ["best/m"]


@needs_mlflow
def test_a_second_export_to_mlflow_adds_nothing_and_completes_what_was_interrupted(runs, in_mlflow):
    again = runs.run("runs", "export", "--to", "mlflow")
    assert (again.returncode, again.stdout) == (0, "")
    assert "0 runs exported (5 there already, 1 still running)" in again.stderr
    mlflow_of(runs, "RUNNING", runs.done)
    completed = runs.run("runs", "export", "--to", "mlflow", runs.done, runs.failed)
    assert completed.stdout == f"exported {runs.done}\n"
    assert by_name(mlflow_of(runs)["runs"]) == in_mlflow


@needs_mlflow
@pytest.mark.corpus
def test_a_run_that_was_deleted_in_mlflow_stays_deleted(runs, tmp_path):
    def export():
        return runs.run("runs", "export", "--to", "mlflow", "-o", str(tmp_path), "--where", "status=failed")

    assert export().stdout == f"exported {runs.failed}\n"
    database = f"sqlite:///{tmp_path}/mlflow.db"
    read("read_mlflow.py", database, "delete", runs.failed)
    assert export().stdout == ""
    assert read("read_mlflow.py", database)["runs"] == []


@pytest.fixture(scope="module")
def in_wandb(runs):
    said = runs.run("runs", "export", "--to", "wandb", WANDB_MODE="disabled", WANDB_API_KEY=KEY)
    assert said.returncode == 0, said.stderr
    assert "5 runs exported (1 still running); next: wandb sync '" in said.stderr
    return by_name(read("read_wandb.py", str(runs.folder / ".wellfit" / "export")))


@needs_wandb
def test_wandb_has_each_ended_run_once_with_its_status(runs, in_wandb):
    assert {name: run["exit_code"] for name, run in in_wandb.items()} == {
        runs.done: 0, runs.failed: 3, runs.killed: 137, runs.pruned: 1, runs.odd: 1,
    }  # fmt: skip
    assert {run["config"]["wellfit"]["status"] for run in in_wandb.values()} == {
        "done", "failed", "killed", "pruned", "paused",
    }  # fmt: skip
    assert {name: run["id"] for name, run in in_wandb.items()} == {name: name for name in in_wandb}


@needs_wandb
def test_wandb_has_options_metrics_and_times_as_recorded(runs, in_wandb):
    run, record = in_wandb[runs.done], runs.records[runs.done]
    assert {"lr": 0.3, "fail": 0, "api_key": "***"}.items() <= run["config"].items()
    curves = {name: [(r["step"], r[name]) for r in run["history"] if name in r] for name in ("val_loss", "acc")}
    assert curves["val_loss"] == [(0, 1.0), (1, 0.5), (2, 0.3333), (3, 0.25)]
    assert curves["acc"] == [(0, 0.0), (0, 0.0625), (1, 0.25), (1, 0.125), (2, 0.5), (2, 0.1875), (3, 0.75), (3, 0.25)]
    assert [row["train_loss"] for row in run["history"] if "train_loss" in row][-1] == run["summary"]["train_loss"]
    assert run["summary"]["best/val_loss"] == 0.25
    began = datetime.fromisoformat(record["started"]).timestamp()
    assert run["config"]["wellfit"]["started"] == record["started"]
    times = [row["_timestamp"] for row in run["history"]]
    assert times == sorted(times)
    assert all(began <= at <= began + record["elapsed_s"] for at in times)
    assert (run["project"], run["job_type"]) == ("my project", "run")


@needs_wandb
def test_wandb_has_record_and_changes_without_secrets_and_nothing_of_the_exporter(runs, in_wandb):
    run = in_wandb[runs.done]
    assert json.loads(run["files"]["record.json"]) == runs.records[runs.done]
    assert "+# API_KEY=***" in run["files"]["changes.patch"]
    folder = runs.folder / ".wellfit" / "export" / "wandb"
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if KEY.encode() in file.read_bytes()]
    assert not {"environment", "stats"} & {kind for run in in_wandb.values() for kind in run["kinds"]}
    assert not [file for file in folder.parent.iterdir() if file.name.startswith(".half")]


@needs_wandb
def test_wandb_sync_sends_all_of_it(runs, in_wandb, tmp_path):
    (folder,) = (runs.folder / ".wellfit" / "export" / "wandb").glob(f"*-{runs.done}")
    sent = read("sync_wandb.py", str(folder), str(tmp_path))
    offline = in_wandb[runs.done]
    assert (sent["id"], sent["project"], sent["exit_code"]) == (runs.done, "my project", 0)
    assert sent["config"] | {"_wandb": {}} == offline["config"]
    assert sent["history"] == offline["history"]
    assert offline["files"].items() <= sent["files"].items()
    assert KEY not in json.dumps(sent)


@needs_wandb
def test_wandb_takes_odd_names_and_values(runs, in_wandb):
    config = in_wandb[runs.odd]["config"]
    assert {"a/../../b": "\\udcff", "a?b": "nan", "a*b": 10**30}.items() <= config.items()
    assert in_wandb[runs.odd]["summary"]["best/../m"] == float("inf")


@needs_wandb
def test_a_second_export_to_wandb_adds_nothing(runs, in_wandb):
    again = runs.run("runs", "export", "--to", "wandb")
    assert (again.returncode, again.stdout) == (0, "")
    assert "0 runs exported (5 there already, 1 still running)" in again.stderr
    assert by_name(read("read_wandb.py", str(runs.folder / ".wellfit" / "export"))) == in_wandb


@pytest.mark.parametrize("tracker", ["mlflow", "wandb"])
def test_what_is_not_installed_is_said_with_the_command_that_installs_it(shell, tracker):
    said = shell.run("runs", "export", python=("-c", MISSING.format(tracker=tracker)))
    assert said.returncode == 2
    assert said.stderr == f"wellfit: what writes for {tracker} is not installed: `pip install 'wellfit[{tracker}]'`\n"
    assert list(shell.folder.iterdir()) == []


@needs_mlflow
@needs_wandb
@pytest.mark.parametrize("tracker", ["mlflow", "wandb"])
def test_wrong_names_conditions_and_folders_are_said(runs, tracker, tmp_path):
    def refused(*words: str) -> str:
        said = runs.run("runs", "export", "--to", tracker, *words)
        assert (said.returncode, said.stdout) == (2, "")
        return said.stderr

    assert "no run is called nope" in refused("nope")
    assert "--where is of use without IDs only" in refused("--where", "lr=0.3", runs.done)
    assert "status" in refused("--where", "status")
    file = tmp_path / "file"
    file.write_text("")
    assert f"-o {file}" in refused("-o", str(file))
