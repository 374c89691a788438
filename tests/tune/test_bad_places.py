"""Places that hold no study of ours, or cannot be used: a sentence, exit code 2, and nothing is changed or shown."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import optuna
import psycopg
import pytest
from databases import IS_ROOT, PASSWORD, Server
from studies import Ledgers, plan_of

from wellfit.tune.study.address import with_driver, without_password
from wellfit.tune.study.plans import PLAN

READ_ONLY = """
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x00020000) == 0, os.strerror(ctypes.get_errno())  # mounts of its own
assert libc.mount(b"none", b"/", None, 0x44000, None) == 0
folder = os.fsencode(sys.argv[1])
assert libc.mount(folder, folder, None, 0x1000, None) == 0
assert libc.mount(None, folder, None, 0x1020 | 1, None) == 0, os.strerror(ctypes.get_errno())
sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""
"""Runs a command for which a folder is read-only, for root as well."""


def wellfit(
    *words: str, cwd: Path, before: tuple[str, ...] = (), **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*before, sys.executable, "-m", "wellfit", *words],
        cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def refused(*words: str, cwd: Path, **environment: str) -> str:
    """The one sentence."""
    done = wellfit(*words, cwd=cwd, **environment)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "failed itself" not in done.stderr
    assert PASSWORD not in done.stderr
    return done.stderr


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that would leave a trace if it were run."""
    (tmp_path / "train.py").write_text("open('ran', 'w')\n")
    return tmp_path


def tune(script: Path, address: str, *more: str) -> str:
    said = refused("tune", "train.py", "--storage", address, *more, cwd=script)
    assert not (script / "ran").exists(), "it is told before anything is run"
    return said


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (f"postgresql://u:{PASSWORD}@127.0.0.1:1/x", "cannot be used: .*Connection refused"),
        (f"postgresql://u:{PASSWORD}@127.0.0.1:port/x", "cannot be read: write postgresql://"),
        (f"nothing://u:{PASSWORD}@127.0.0.1/x", "cannot be used: Can't load plugin"),
        ("sqlite:////nowhere/x.db", "cannot be used: unable to open database file"),
    ],
)
def test_a_database_that_is_none(script: Path, address: str, says: str) -> None:
    assert re.search(says, tune(script, address))
    assert re.search(says, refused("worker", cwd=script, WELLFIT_STUDY=address))


def test_a_wrong_password(script: Path, postgres: Server) -> None:
    address = postgres.address("postgres", password="wrong-one-42")  # noqa: S106 - of nobody
    said = tune(script, address)
    assert "password authentication failed" in said
    assert "wrong-one-42" not in said


def test_a_database_that_lacks(script: Path, postgres: Server) -> None:
    assert 'database "nowhere" does not exist' in tune(script, postgres.address("nowhere"))


def test_a_file_that_is_no_database(script: Path) -> None:
    (script / "x.db").write_text("words of somebody" * 100)
    assert "file is not a database" in tune(script, f"sqlite:///{script}/x.db")


def test_a_database_that_cannot_be_written(script: Path, ledgers: Ledgers) -> None:
    ledgers.create(f"sqlite:///{script}/x.db", plan_of(2, folder=str(script), words=(sys.executable, "train.py")))
    address = f"sqlite:///file:{script}/x.db?mode=ro&uri=true"
    before = (script / "x.db").read_bytes()
    assert "readonly database" in refused("worker", cwd=script, WELLFIT_STUDY=address)
    assert (script / "x.db").read_bytes() == before


def test_a_table_of_another_shape(script: Path) -> None:
    with sqlite3.connect(script / "x.db") as connection:
        connection.execute("create table wellfit_journal (study text, note text)")
    connection.close()
    assert "no such column" in tune(script, f"sqlite:///{script}/x.db")


def test_a_user_who_may_only_read(postgres: Server, script: Path, ledgers: Ledgers) -> None:
    place = postgres.new_database()
    ledgers.create(place, plan_of(2, folder=str(script), words=(sys.executable, "train.py")))
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(f"create role reader login password '{PASSWORD}'")
        connection.execute("grant select on wellfit_journal to reader")
    reading = postgres.address(place.rpartition("/")[2], user="reader")
    assert "permission denied for table wellfit_journal" in tune(script, reading, "--name", "another")
    assert "permission denied for table wellfit_journal" in refused("worker", cwd=script, WELLFIT_STUDY=reading)
    assert len(ledgers.open(place).engine.get_trials()) == 0


def test_a_name_that_is_taken(place: str, script: Path, ledgers: Ledgers) -> None:
    ledgers.create(place, plan_of(2))
    shutil.copytree(place, script / ".wellfit/studies/small") if "://" not in place else None
    words = ["--storage", place] if "://" in place else []
    said = refused("tune", "train.py", "--name", "small", *words, cwd=script)
    assert "a study named small is there already: --resume goes on with it" in said


def test_several_studies(postgres: Server, script: Path, ledgers: Ledgers) -> None:
    place = postgres.new_database()
    ledgers.create(place, plan_of(2))
    ledgers.create(place, plan_of(2, name="other"))
    assert "there are 2 studies: --name says which; other, small" in refused("worker", cwd=script, WELLFIT_STUDY=place)
    said = refused("worker", "--name", "third", cwd=script, WELLFIT_STUDY=place)
    assert "no study is named third; there are: other, small" in said


def test_an_empty_database(postgres: Server, script: Path) -> None:
    place = postgres.new_database()
    assert "no study yet" in refused("worker", cwd=script, WELLFIT_STUDY=place)
    with psycopg.connect(place) as connection:
        assert connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


def optunas(address: str, name: str, **notes: object) -> None:
    """A study in Optuna's own tables."""
    storage = optuna.storages.RDBStorage(with_driver(address))
    theirs = optuna.create_study(storage=storage, study_name=name)
    theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    for key, value in notes.items():
        theirs.set_user_attr(key, value)
    storage.remove_session()
    storage.engine.dispose()


def test_a_study_made_elsewhere(script: Path, ledgers: Ledgers) -> None:
    address = f"sqlite:///{script}/x.db"
    optunas(address, "theirs")
    before = (script / "x.db").read_bytes()
    assert "was not made by wellfit tune" in refused("worker", cwd=script, WELLFIT_STUDY=address)
    assert "was not made by wellfit tune" in refused(
        "tune", "--resume", "--name", "theirs", "--storage", address, cwd=script
    )
    assert "a study named theirs is there already" in tune(script, address, "--name", "theirs")
    assert (script / "x.db").read_bytes() == before
    ledgers.create(address, plan_of(2))
    assert ledgers.open(address, None).plan.name == "small", "beside ours theirs is nothing to choose from"


def test_a_study_that_an_older_wellfit_kept_in_optunas_tables(postgres: Server, script: Path) -> None:
    address = postgres.new_database()
    optunas(address, "old", **{PLAN: plan_of(2).to_dict()})
    for words in (["worker"], ["worker", "--name", "old"], ["tune", "--resume", "--name", "old"]):
        said = refused(*words, cwd=script, WELLFIT_STUDY=address)
        assert "the study old was made by an older wellfit, which kept it in Optuna's tables" in said


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"format": 99}, "made by a newer wellfit"),
        ({"format": 1, "name": "x"}, "cannot be understood"),
        ({"format": "one"}, "made by a newer wellfit"),
    ],
)
def test_plans_that_are_not_ours(script: Path, ledgers: Ledgers, plan: dict[str, object], says: str) -> None:
    ledgers.create(str(script / "s"), plan_of(2)).note_of_study(PLAN, plan)
    before = (script / "s/journal.log").read_bytes()
    assert says in refused("worker", "s", cwd=script)
    assert (script / "s/journal.log").read_bytes() == before


def test_a_study_whose_starter_was_killed_before_it_had_begun(script: Path, ledgers: Ledgers) -> None:
    ledgers.create(str(script / "s"), plan_of(2))
    journal = script / "s/journal.log"
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
    assert "was ended before it had begun" in refused("worker", "s", cwd=script)


def test_a_folder_without_a_study(script: Path) -> None:
    assert "no study lies in" in refused("worker", str(script), cwd=script)
    assert "there is no search to go on with" in refused("tune", "--resume", cwd=script)
    assert "no study lies in" in refused("tune", "--resume", "--name", "nothing", cwd=script)
    assert sorted(path.name for path in script.iterdir()) == ["train.py"]


def test_a_folder_that_cannot_be_written(script: Path, ledgers: Ledgers) -> None:
    ledgers.create(str(script / "s"), plan_of(2, folder=str(script)))
    before = (script / "s/journal.log").read_bytes()
    wall = (sys.executable, "-c", READ_ONLY, str(script))
    if not IS_ROOT or subprocess.run([*wall, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root can make a folder read-only for itself, and not everywhere")
    for words in (["worker", "s"], ["tune", "train.py"]):
        done = wellfit(*words, cwd=script, before=wall)
        assert done.returncode == 2, done.stderr
        assert "cannot be written: Read-only file system" in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert (script / "s/journal.log").read_bytes() == before


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:s3cret!x@h/d",
        "postgresql://u:s3cret%21x@h:5/d",
        "postgresql+psycopg://u@h/d?password=s3cret!x&sslmode=require",
        "postgresql+psycopg://u@h/d?password=s3cret%21x",
    ],
)
def test_no_form_of_a_password_is_left(address: str) -> None:
    shown = without_password(f"could not use {address}: 's3cret!x' is wrong", address)
    assert "s3cret" not in shown
    assert "u" in shown.partition("://")[2], "the rest of the address stays"


def test_a_folder_is_shown_as_it_is() -> None:
    assert without_password("/a/folder", "/a/folder") == "/a/folder"
