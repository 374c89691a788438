"""What killed searches and workers left among the temporary files is removed by the next one, and nothing else is."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from studies import plan_of

from wellfit.runs.alive import LOCK, AliveLock
from wellfit.tune.places.work import LEFT_FOR_S, NOTE, stage_of
from wellfit.tune.study.beats import named_worker
from wellfit.tune.study.leftovers import YOUNG_S, sweep

HOLD = """
import sys, time
from wellfit.tune.study.beats import named_worker
with named_worker() as name:
    print(name.partition("|")[2], flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def left(folder: Path, *, age_s: float = 2 * YOUNG_S, study: str = "") -> Path:
    """A folder whose owner is gone."""
    (folder / "work").mkdir(parents=True)
    (folder / "work" / "checkpoint.pt").write_text("half")
    (folder / LOCK).touch()
    (folder / NOTE).write_text(study)
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (time.time() - age_s,) * 2)
    return folder


def test_only_what_a_dead_owner_locked_is_removed(temporary: Path) -> None:
    dead, young = left(temporary / "wellfit-x-dead"), left(temporary / "wellfit-x-young", age_s=1.0)
    alive, unlocked = left(temporary / "wellfit-x-alive"), left(temporary / "wellfit-x-unlocked")
    other = left(temporary / "other")
    (unlocked / LOCK).unlink()
    os.utime(unlocked, (time.time() - 2 * YOUNG_S,) * 2)
    (temporary / "wellfit-x-link").symlink_to(other)
    lock = AliveLock(alive)
    os.utime(alive, (time.time() - 2 * YOUNG_S,) * 2)
    try:
        sweep("wellfit-x-")
    finally:
        lock.release()
    assert not dead.exists()
    assert all(path.exists() for path in (young, alive, unlocked, other, temporary / "wellfit-x-link"))


def test_a_folder_of_another_user_stays(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = left(temporary / "wellfit-x-dead")
    owner = dead.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    sweep("wellfit-x-")
    assert dead.exists()


def test_a_sweep_never_fails(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError

    dead = left(temporary / "wellfit-x-dead")
    sweep("wellfit-x-", refuse)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "gone"))
    sweep("wellfit-x-")
    assert dead.exists()


def test_the_next_worker_removes_what_a_killed_one_left(temporary: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen([sys.executable, "-c", HOLD], env=environment, text=True, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        folder = Path(worker.stdout.readline().strip())
        os.utime(folder, (time.time() - 2 * YOUNG_S,) * 2)
        with named_worker():
            assert folder.is_dir(), "it lives"
        worker.send_signal(signal.SIGKILL)
    with named_worker() as me:
        assert not folder.exists()
        assert Path(me.partition("|")[2]).is_dir()


def test_copies_of_killed_trials_stay_where_these_may_be_gone_on_with(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "x.py").write_text("import time")
    plan = plan_of(4, words=(sys.executable, "x.py"), folder=str(tmp_path / "project"))
    ended, needed = (left(temporary / f"wellfit-trial-{name}", study=plan.name) for name in ("ended", "needed"))
    others = left(temporary / "wellfit-trial-others", study="another")
    old = left(temporary / "wellfit-trial-old", age_s=2 * LEFT_FOR_S, study="another")
    here = Path.cwd()
    try:
        with stage_of(plan, {str(needed / "work")}) as stage:
            assert [path.exists() for path in (ended, needed, others, old)] == [False, True, True, False]
            mine = stage.folder.parent
            os.utime(mine, (time.time() - 2 * YOUNG_S,) * 2)
            sweep("wellfit-trial-")
            assert mine.is_dir(), "it lives"
    finally:
        os.chdir(here)
    assert not mine.exists()
