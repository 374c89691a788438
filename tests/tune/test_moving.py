"""A study moves from its folder into a database without losing a trial, and is gone on with there alone."""

import os
from dataclasses import replace

import optuna
import pytest
from click.testing import CliRunner

from wellfit.cli.worker import worker
from wellfit.errors import UsageError
from wellfit.model.study import Knob, Seen, StudyPlan, TrialTold
from wellfit.tune.study.beats import named_worker
from wellfit.tune.study.journal_rows import JournalRows
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.moving import bring, name_in, refuse_moved

PLAN = StudyPlan(
    "bowl", ("python", "t.py"), "/", "t.py", (Knob("lr", low=1e-4, high=1.0, log=True),), "val_loss",
    higher_is_better=False, trials=8, prune=False, seen=Seen(present={"lr": 1e-3}),
)  # fmt: skip


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path}/studies.db"


def run(ledger, most):
    while most and (setting := ledger.ask("test|/", "")) is not None:
        ledger.tell(TrialTold("done", abs(setting.values["lr"] - 0.1)))
        most -= 1


def begun(folder, trials=3):
    ledger = Ledger.create(str(folder), PLAN)
    run(ledger, trials)
    return ledger


def test_goes_on_in_the_database_where_it_was_in_the_folder(tmp_path, address):
    before = begun(tmp_path / "bowl").ended()
    assert bring(tmp_path / "bowl", "bowl", address)
    there = Ledger.open(address, "bowl")
    assert there.plan == PLAN
    assert there.ended() == before
    run(there, 99)
    after = there.ended()
    assert after[:3] == before
    assert [trial.slot for trial in after] == list(range(8))


def test_has_the_settings_that_it_would_have_had_in_the_folder(tmp_path, address):
    stays = begun(tmp_path / "stays")
    run(stays, 99)
    begun(tmp_path / "bowl")
    bring(tmp_path / "bowl", "bowl", address)
    there = Ledger.open(address, "bowl")
    run(there, 99)
    assert [trial.values for trial in there.ended()] == [trial.values for trial in stays.ended()]


def test_what_is_there_already_is_not_copied_over(tmp_path, address):
    begun(tmp_path / "bowl")
    assert bring(tmp_path / "bowl", "bowl", address)
    run(Ledger.open(address, "bowl"), 2)
    assert not bring(tmp_path / "bowl", "bowl", address)
    assert len(Ledger.open(address, "bowl").ended()) == 5


def test_a_kill_in_the_midst_of_the_copy_leaves_nothing_there_and_it_is_made_anew(tmp_path, address, monkeypatch):
    begun(tmp_path / "bowl").close()
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr("wellfit.tune.study.database.Database.commit", lambda _: os._exit(9))
        bring(tmp_path / "bowl", "bowl", address)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert name_in(address) is None
    with pytest.raises(UsageError, match="has moved"):  # else both would be gone on with
        refuse_moved(Ledger.open(str(tmp_path / "bowl"), None).engine, "bowl")
    assert bring(tmp_path / "bowl", "bowl", address)
    assert [trial.slot for trial in Ledger.open(address, "bowl").ended()] == [0, 1, 2]


def test_a_copy_that_fails_leaves_the_folder_as_it_was(tmp_path, address, monkeypatch):
    begun(tmp_path / "bowl")

    def fail(*_, **__):
        raise UsageError("the study's database cannot be used: full")

    monkeypatch.setattr(JournalRows, "append", fail)
    with pytest.raises(UsageError, match="full"):
        bring(tmp_path / "bowl", "bowl", address)
    ledger = Ledger.open(str(tmp_path / "bowl"), None)
    refuse_moved(ledger.engine, "bowl")
    run(ledger, 1)
    assert len(ledger.ended()) == 4


def test_the_folder_that_it_left_is_not_gone_on_with(tmp_path, address):
    begun(tmp_path / "bowl")
    bring(tmp_path / "bowl", "bowl", address)
    ledger = Ledger.open(str(tmp_path / "bowl"), None)
    with pytest.raises(UsageError, match=r"has moved to sqlite:///.*--storage"):
        refuse_moved(ledger.engine, "bowl")
    told = CliRunner().invoke(worker, [str(tmp_path / "bowl")])
    assert isinstance(told.exception, UsageError)
    assert "has moved to sqlite:///" in str(told.exception)


def test_a_worker_that_is_at_it_keeps_it_in_its_folder(tmp_path, address):
    ledger = begun(tmp_path / "bowl")
    with named_worker() as worker:
        ledger.ask(worker, "")
        with pytest.raises(UsageError, match="1 workers are at the study bowl in its folder"):
            bring(tmp_path / "bowl", "bowl", address)
    assert bring(tmp_path / "bowl", "bowl", address)


def test_a_database_without_the_folder_of_a_study_is_left_as_it_is(tmp_path, address):
    assert not bring(tmp_path / "nothing", "bowl", address)
    assert name_in(address) is None


def test_the_one_study_of_a_database_needs_no_name(tmp_path, address):
    begun(tmp_path / "bowl")
    bring(tmp_path / "bowl", "bowl", address)
    assert name_in(address) == "bowl"
    optuna.create_study(storage=address, study_name="theirs")
    assert name_in(address) == "bowl", "what Optuna itself keeps there is nothing to go on with"
    Ledger.create(address, replace(PLAN, name="another"))
    with pytest.raises(UsageError, match="there are 2 studies: --name says which; another, bowl"):
        name_in(address)
