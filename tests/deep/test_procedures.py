"""What every procedure is held to, and what a deep look does where it cannot look."""

import time
from pathlib import Path

import pytest
from deeply import look, look_at

from wellfit.catalogue import RULES
from wellfit.deep.catalogue import PROCEDURES
from wellfit.deep.plan import FEWEST_STEPS, choose_procedures, make_plan
from wellfit.deep.procedure import AS_IS, Procedure
from wellfit.digest.folds import digest, events_behind
from wellfit.judge import judge
from wellfit.model.codec import decode, encode
from wellfit.model.events.catalogue import EVENTS
from wellfit.model.events.deep import ProcedureRefused
from wellfit.model.log import EventLog

TRAINING = """\
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range({steps}):
    x = torch.randn(16, 8)
    loss = F.cross_entropy(net(x), x[:, :3].argmax(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
{last}
"""

each_procedure = pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda p: p.name)


@each_procedure
def test_a_rule_reads_what_a_procedure_writes(procedure: Procedure) -> None:
    read = {event for rule in RULES for event in events_behind(rule.needs)}
    assert set(procedure.writes) <= read


@each_procedure
def test_what_a_procedure_writes_can_be_read_back(procedure: Procedure) -> None:
    assert {*procedure.writes, *procedure.listens} <= set(EVENTS)


@each_procedure
def test_a_procedure_starts_from_the_unchanged_run(procedure: Procedure) -> None:
    assert procedure.variants[0] == AS_IS
    assert len({variant.name for variant in procedure.variants}) == len(procedure.variants)


@each_procedure
def test_a_refusal_becomes_the_reason_of_every_rule_that_reads_it(procedure: Procedure) -> None:
    refused = ProcedureRefused(procedure.name, tuple(kind.__name__ for kind in procedure.writes), "it rains")
    log = EventLog((decode(encode(refused)),))
    rules = [rule for rule in RULES if set(procedure.writes) & set(events_behind(rule.needs))]
    assert rules
    assert {(v.verdict, v.reason) for v in judge(rules, digest(log))} == {("unseen", "it rains")}


def test_names_are_different() -> None:
    assert len({procedure.name for procedure in PROCEDURES}) == len(PROCEDURES)


def test_only_procedures_that_a_chosen_rule_reads_are_run() -> None:
    (same_seed,) = (p for p in PROCEDURES if p.name == "same seed twice")
    assert choose_procedures(PROCEDURES, ["RunsCompared", "LossComputed"]) == (same_seed,)
    assert choose_procedures(PROCEDURES, ["LossComputed"]) == ()


def test_a_small_budget_makes_the_runs_shorter() -> None:
    long = make_plan(PROCEDURES, steps=200, elapsed_s=200.0, budget_s=10_000.0)
    short = make_plan(PROCEDURES, steps=200, elapsed_s=200.0, budget_s=100.0)
    assert long is not None
    assert short is not None
    assert short.train_steps < long.train_steps
    assert short.expected_s <= 110.0
    assert make_plan(PROCEDURES, steps=FEWEST_STEPS - 1, elapsed_s=1.0, budget_s=100.0) is None


@pytest.mark.parametrize(
    ("steps", "last", "sentence"),
    [
        (2, "", "the script makes 2 optimizer steps"),
        (12, "raise SystemExit(3)", "the script failed"),
    ],
)
def test_what_cannot_be_run_again_is_told_before_anything_runs(
    steps: int, last: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text(TRAINING.format(steps=steps, last=last))
    looked = look_at("train.py", tmp_path, "--select", "WF901")
    assert looked.verdict("WF901")["verdict"] == "unseen"
    assert sentence in looked.verdict("WF901")["reason"]
    assert "looking deeper" not in looked.printed


def test_a_script_that_asks_for_input_is_unseen(tmp_path: Path) -> None:
    asks = "import os, sys\nif os.environ.get('WANDB_MODE') == 'disabled':\n    input('name? ')\n"
    (tmp_path / "train.py").write_text(asks + TRAINING.format(steps=12, last=""))
    looked = look_at("train.py", tmp_path, "--select", "WF551,WF901")
    assert {looked.verdict(rule)["verdict"] for rule in ("WF551", "WF901")} == {"unseen"}
    assert "it asks for input" in looked.verdict("WF901")["reason"]


@pytest.mark.corpus
def test_a_script_that_writes_elsewhere_is_unseen_and_changes_nothing_there(tmp_path: Path) -> None:
    work, outside, temporary = (tmp_path / name for name in ("work", "outside", "temporary"))
    for folder in (work, outside, temporary):
        folder.mkdir()
    writes = f"open('{outside}/times', 'a').write('x')\n"
    (work / "train.py").write_text(writes + TRAINING.format(steps=12, last=""))
    looked = look_at("train.py", work, "--select", "WF551,WF901", TMPDIR=str(temporary))
    assert {looked.verdict(rule)["verdict"] for rule in ("WF551", "WF901")} == {"unseen"}
    assert "lies outside the copy" in looked.verdict("WF901")["reason"]
    assert (outside / "times").read_text() == "x"


def test_the_folder_is_untouched_and_the_kept_log_is_judged_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "train.py").write_text(TRAINING.format(steps=12, last="open('notes.txt', 'a').write('once')"))
    looked = look_at("train.py", folder, "--select", "WF551,WF901", "--keep-log", "log")
    assert (folder / "notes.txt").read_text() == "once"
    assert sorted(p.name for p in folder.iterdir()) == [".wellfit", "log", "notes.txt", "report.json", "train.py"]
    again = look_at_log(folder)
    assert {v["rule"]: v["verdict"] for v in again} == {v["rule"]: v["verdict"] for v in looked.report["verdicts"]}
    assert looked.verdict("WF901")["verdict"] == "clear"


def look_at_log(folder: Path) -> list[dict[str, object]]:
    from dataclasses import asdict

    from wellfit.api import judge_logs

    report = judge_logs([folder / "log"], select=["WF551,WF901"])
    return [asdict(verdict) for verdict in report.verdicts]


def test_time_that_is_up_leaves_the_rest_unseen(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAINING.format(steps=12, last=""))
    started = time.monotonic()
    looked = look_at("train.py", tmp_path, "--select", "WF551,WF901", "--budget", "0.1s")
    assert time.monotonic() - started < 120
    assert looked.verdict("WF551")["verdict"] == "clear"
    assert "--budget" in looked.verdict("WF901")["reason"]


@pytest.mark.corpus
def test_a_healthy_look_is_announced(tmp_path: Path) -> None:
    script = tmp_path / "from" / "train.py"
    script.parent.mkdir()
    script.write_text(TRAINING.format(steps=12, last=""))
    looked = look(script, tmp_path / "work", "--select", "WF901")
    assert "looking deeper: 2 runs (as it is, as it is, again) of 12 steps" in looked.printed
    assert looked.exit_code == 0
