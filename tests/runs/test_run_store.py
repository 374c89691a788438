"""The folders of runs: where they lie, what they are called, and that no record is ever half of one."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from disks import disk
from records import draft, finished, metric, opened, option
from repositories import git, make_repository

from wellfit.errors import RecordError, UsageError
from wellfit.model.record import GitState, KeptFile, Machine, RunRecord, Seeds, Software, Submodule, VerdictKept
from wellfit.runs import alive
from wellfit.runs.home import find_home
from wellfit.runs.store import OpenRun, Store, Unkept, read_all

NOON = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".wellfit")


def test_home_is_the_nearest_then_gits_root_then_here(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo", {"a/b/train.py": "1\n"})
    assert find_home(root / "a" / "b") == root / ".wellfit"
    (root / "a" / ".wellfit").mkdir()
    assert find_home(root / "a" / "b") == root / "a" / ".wellfit"
    (tmp_path / ".wellfit").mkdir()
    assert find_home(root) == root / ".wellfit"  # not that of a tree around it
    assert find_home(tmp_path / "bare") == tmp_path / ".wellfit"
    (tmp_path / ".wellfit").rmdir()
    assert find_home(tmp_path) == tmp_path / ".wellfit"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_home_of_somebody_else_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / ".wellfit").mkdir()
    os.chown(tmp_path / ".wellfit", 65534, 65534)
    assert find_home(tmp_path / "mine") == tmp_path / "mine" / ".wellfit"


def test_git_never_sees_our_folder(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "repo")
    finished(Store(find_home(root)))
    assert git(root, "status", "--porcelain", "--ignored") == "!! .wellfit/"


def test_folders_and_files_are_for_their_owner_alone(store: Store) -> None:
    finished(store)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [store.home, *store.home.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def full_record() -> RunRecord:
    return draft(
        script=os.fsdecode(b"caf\xe9 \n.py"),
        git=GitState(
            "/r", "a" * 40, None, ("a",), ("b",), untracked=(KeptFile("\udce9", 1, None, kept=False),),
            submodules=(Submodule("s", None, dirty=True),),
        ),
        machine=Machine("h", "Linux", "cpu", 2, None, ("GPU",), "1.0"),
        software=Software("3.11", "/py", {"torch": "2"}, ("HOME",)),
        options=(
            option("lr", 0.1, 0.01), option("name", "x"), option("amp", value=True), option("n", 3), option("no", None)
        ),
        seeds=Seeds({"torch": 0}, {"python": "ab"}, deterministic=True, threads=1),
        data=("ab", "cd"),
        metrics=(metric("loss", 0.5), metric("nan", float("nan")), metric("inf", float("inf"))),
        verdicts=(VerdictKept("WF101", "x", "found", "a.py:1"),),
        notes=("one",),
    )  # fmt: skip


def test_record_comes_back_as_it_was(store: Store) -> None:
    record = full_record()
    run = store.begin(record, now=NOON)
    assert isinstance(run, OpenRun)
    assert run.close(replace(run.record, status="done", elapsed_s=1.5)) is None
    again = store.read(run.record.id).record
    assert repr(again) == repr(run.record)  # nan differs from itself
    assert (again.script, again.started, again.status) == (record.script, "2026-03-01T12:00:00.000250+00:00", "done")


def test_record_holds_no_secret(store: Store) -> None:
    kept = finished(store, words=("train.py", "--api-key", "hunter2"), options=(option("password", "hunter2"),))
    assert "hunter2" not in (kept.folder / "record.json").read_text()


def test_id_sorts_by_start_and_lies_in_its_day(store: Store) -> None:
    run = store.begin(draft(), now=NOON.astimezone(timezone(timedelta(hours=14))))
    assert isinstance(run, OpenRun)
    assert run.record.id.startswith("20260301-120000-")
    assert run.folder == store.folder / "2026-03-01" / run.record.id


def test_run_is_found_by_its_beginning_and_its_end(store: Store) -> None:
    run = store.begin(draft(), now=NOON)
    other = store.begin(draft(), now=NOON + timedelta(days=1))
    assert isinstance(run, OpenRun)
    assert isinstance(other, OpenRun)
    for word in (run.record.id, "20260301", "20260301-12", run.record.id[-4:]):
        assert store.read(word).record.id == run.record.id
    with pytest.raises(UsageError, match=f"^202603 may be any of 2 runs: {other.record.id}, {run.record.id}$"):
        store.read("202603")


def test_letters_that_read_as_a_year_find_their_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("2345")
    monkeypatch.setattr("wellfit.runs.store.secrets.choice", lambda _: next(letters))
    run = opened(store)
    assert run.record.id.endswith("-2345")
    assert store.read("2345").record.id == run.record.id


def test_run_that_is_not_there_is_answered_with_the_nearest(store: Store) -> None:
    with pytest.raises(UsageError, match=r"no run is called 2026: there are none in "):
        store.read("2026")
    run = opened(store)
    with pytest.raises(UsageError, match=rf"did you mean {run.record.id}\?"):
        store.read(run.record.id[:-1] + "0")
    with pytest.raises(UsageError, match=rf"no run is called xyz \(the latest is {run.record.id}\)"):
        store.read("xyz")


def test_clock_that_goes_back_loses_nothing(store: Store) -> None:
    runs = [store.begin(draft(script=str(step)), now=NOON - timedelta(hours=step)) for step in range(30)]
    same = [store.begin(draft(script="same"), now=NOON) for _ in range(50)]
    ids = {run.record.id for run in runs + same if isinstance(run, OpenRun)}
    assert len(ids) == 80
    assert {kept.record.id for kept in read_all(store) if not isinstance(kept, RecordError)} == ids


def test_run_lives_while_its_process_holds_it(store: Store) -> None:
    run = opened(store)
    assert store.read(run.record.id).record.status == "running"
    run.close(replace(run.record, status="failed", exit_code=1))
    assert store.read(run.record.id).record.status == "failed"


def test_run_without_a_last_word_was_killed_and_that_is_written_down(store: Store) -> None:
    run = opened(store)
    run._lock.release()
    kept = store.read(run.record.id)
    assert (kept.record.status, kept.record.notes) == ("killed", ("its process ended without a word",))
    assert json.loads((run.folder / "record.json").read_text())["status"] == "killed"


def test_two_who_look_at_once_do_not_take_each_other_for_the_run(store: Store) -> None:
    import fcntl

    run = opened(store)
    run._lock.release()
    with (run.folder / alive.LOCK).open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert alive.life_of(run.folder) == "dead"


GONE = 2**22 + 1
"""A number above all that Linux gives to processes."""


@pytest.mark.parametrize(("host", "status"), [("elsewhere", "running"), (None, "killed")])
def test_without_locks_the_process_decides_on_its_own_machine(store: Store, host: str | None, status: str) -> None:
    import socket

    machine = Machine(host or socket.gethostname(), "Linux", "cpu", 1, None)
    run = opened(store, machine=machine)
    (run.folder / alive.LOCK).unlink()
    path = run.folder / "record.json"
    path.write_text(path.read_text().replace(f'"pid": {os.getpid()}', f'"pid": {GONE}'))
    assert store.read(run.record.id).record.status == status


def test_damaged_record_is_told_and_hides_no_other(store: Store) -> None:
    good, cut, gone = finished(store), finished(store), finished(store)
    (cut.folder / "record.json").write_text((cut.folder / "record.json").read_text()[:100])
    (gone.folder / "record.json").unlink()
    read = list(read_all(store))
    assert sorted(type(kept).__name__ for kept in read) == ["KeptRun", "RecordError", "RecordError"]
    with pytest.raises(RecordError, match="cannot be understood"):
        store.read(cut.record.id)
    with pytest.raises(RecordError, match="No such file"):
        store.read(gone.record.id)
    assert store.read(good.record.id)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / ".wellfit").write_text("")
    run = Store(tmp_path / ".wellfit").begin(draft())
    assert run == Unkept(f"the run is not recorded in {tmp_path / '.wellfit'}: File exists")


@pytest.fixture
def small_disk(tmp_path: Path):
    with disk(tmp_path / "disk", "size=256k") as place:
        yield place


def test_full_disk_is_told_and_the_last_record_stands(small_disk: Path) -> None:
    store = Store(small_disk / ".wellfit")
    run = opened(store)
    (small_disk / "filler").write_bytes(b"0" * (small_disk_left(small_disk)))
    reason = run.write(replace(run.record, notes=("long " * 10_000,)))
    assert reason == f"the record of {run.record.id} cannot be written: No space left on device"
    assert store.begin(draft()) == Unkept(f"the run is not recorded in {store.home}: No space left on device")
    assert store.read(run.record.id).record.notes == ()
    assert [path.name for path in run.folder.parent.iterdir()] == [run.record.id]
    assert sorted(path.name for path in run.folder.iterdir()) == ["alive.lock", "record.json"]
    (small_disk / "filler").unlink()
    assert run.close(replace(run.record, status="done")) is None
    assert store.read(run.record.id).record.status == "done"


def small_disk_left(place: Path) -> int:
    left = os.statvfs(place)
    return left.f_bavail * left.f_frsize


def test_disk_that_is_full_from_the_start_is_told(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"0" * small_disk_left(small_disk))
    store = Store(small_disk / ".wellfit")
    assert isinstance(store.begin(draft()), Unkept)
    (small_disk / "filler").unlink()
    finished(store)
    assert (store.home / ".gitignore").read_text() == "*\n"


@pytest.fixture
def read_only_disk(tmp_path: Path):
    with disk(tmp_path / "read-only", "size=256k,ro") as place:
        yield place


def test_read_only_folder_is_told(read_only_disk: Path) -> None:
    run = Store(read_only_disk / ".wellfit").begin(draft())
    assert run == Unkept(f"the run is not recorded in {read_only_disk / '.wellfit'}: Read-only file system")


LIMITED = """
import resource, signal, sys
from pathlib import Path
from dataclasses import replace
from records import draft
from wellfit.runs.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(Path(sys.argv[1]))
run = store.begin(draft())
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
print(run.write(replace(run.record, notes=("long " * 10_000,))))
print(store.read(run.record.id).record.notes, len(list(run.folder.iterdir())))
"""


def test_write_that_ends_half_way_leaves_the_old_record(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / ".wellfit")],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reason, state = done.stdout.splitlines()
    assert reason.endswith("cannot be written: File too large")
    assert state == "() 2"
