"""Lists, filters and sorts; whatever happens to the index, the folders decide."""

import os
import shutil
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from records import draft, finished, metric, opened, option

from wellfit.errors import UsageError
from wellfit.model.record import GitState, KeptFile
from wellfit.runs.index import opening, reconcile
from wellfit.runs.index.listing import list_runs, note_run
from wellfit.runs.index.schema import VERSION
from wellfit.runs.store import OpenRun, Store

DAY = datetime(2026, 3, 1, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".wellfit")


def add(store: Store, hour: float, status: str = "done", **changes) -> str:
    run = store.begin(draft(**changes), now=DAY + timedelta(hours=hour))
    assert isinstance(run, OpenRun)
    assert run.close(replace(run.record, status=status, elapsed_s=hour, exit_code=int(status == "failed"))) is None
    return run.record.id


def scripts(store: Store, *where: str, sort: str | None = None, limit: int = 20) -> str:
    return " ".join(run.script for run in list_runs(store, where=where, sort=sort, limit=limit).runs)


@pytest.fixture
def five(store: Store) -> Store:
    """Five runs a to e, in the order of time."""

    def accuracy(value):
        return replace(metric("acc", value), higher_is_better=True)

    add(
        store, 1, script="a", options=(option("lr", 0.1), option("opt", "sgd")), metrics=(metric("val_loss", 0.5, 0.2),)
    )
    add(store, 2, "failed", script="b", options=(option("lr", 0.1),), metrics=(metric("val_loss", 0.25),))
    add(store, 3, script="c", options=(option("lr", "1e-2"), option("amp", value=True)), metrics=(accuracy(0.9),))
    add(store, 4, "failed", script="d", metrics=(metric("val_loss", float("nan")), accuracy(0.7)))
    add(
        store,
        30,
        script="e",
        kind="trial",
        options=(option("lr", 1), option("opt", "adam")),
        metrics=(metric("val_loss", 0.1),),
    )
    return store


def test_latest_first(five: Store) -> None:
    assert scripts(five) == "e d c b a"
    assert scripts(five, limit=2) == "e d"
    assert list_runs(five, limit=2).total == 5


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("status=failed", "d b"),
        ("status!=failed", "e c a"),
        ("branch!=trunk", ""),
        ("lr!=cosine", "e c b a"),
        ("val_loss<0.3", "e b"),
        ("val_loss <= 0.25", "e b"),
        ("val_loss>0.25", "a"),
        ("val_loss!=0.25", "e d a"),
        ("val_loss.best<0.3", "e b a"),
        ("val_loss=nan", "d"),
        ("lr=0.1", "b a"),
        ("lr==1e-1", "b a"),
        ("lr=0.01", "c"),
        ("opt=adam", "e"),
        ("opt!=adam", "a"),
        ("opt~DA", "e"),
        ("amp=true", "c"),
        ("amp=1", "c"),
        ("amp=false", ""),
        ("kind=trial", "e"),
        ("started>2026-03-02", "e"),
        ("started=2026-03-01", "d c b a"),
        ("id=20260302", "e"),
        ("elapsed>=3", "e d c"),
        ("words~TRAIN.py", "e d c b a"),
        ("option:lr>0.5", "e"),
        ("metric:val_loss>0.3", "a"),
    ],
)
def test_conditions(five: Store, where: str, expected: str) -> None:
    assert scripts(five, where) == expected


def test_all_conditions_must_hold(five: Store) -> None:
    assert scripts(five, "status=failed", "val_loss<0.3") == "b"
    assert scripts(five, "lr=0.1", "val_loss<0.3", "status=done") == ""


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("val_loss", "e b a d c"),
        ("-val_loss", "a b e d c"),
        ("val_loss:desc", "a b e d c"),
        ("val_loss.best", "e a b d c"),
        ("acc", "c d e b a"),
        ("-acc", "d c e b a"),
        ("acc:asc", "d c e b a"),
        ("elapsed", "a b c d e"),
        ("script:desc", "e d c b a"),
        ("started", "a b c d e"),
    ],
)
def test_orders_put_what_has_no_value_last(five: Store, sort: str, expected: str) -> None:
    assert scripts(five, sort=sort) == expected
    assert scripts(five, sort=sort, limit=2) == expected[:3]


@pytest.mark.parametrize("few", [0, 10**6])
def test_both_ways_answer_alike(five: Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr("wellfit.runs.index.search.FEW", few)
    assert scripts(five, "val_loss<0.6") == "e b a"
    assert scripts(five, "val_loss<0.6", sort="-lr") == "e b a"
    assert scripts(five, "status=done", sort="acc") == "c e a"
    assert scripts(five, "status=done", "lr<0.5", sort="elapsed") == "a c"
    assert scripts(five, "status=failed", sort="script:desc") == "d b"


def test_listed_run_tells_its_options_and_metrics(five: Store) -> None:
    git = GitState("/r", "a" * 40, "trunk", untracked=(KeptFile("x", 1, None, kept=False),))
    add(five, 31, script="f", git=git, options=(option("n", None), option("amp", value=False)))
    latest, second, *_ = list_runs(five).runs
    assert (latest.commit, latest.branch, latest.dirty) == ("a" * 40, "trunk", True)
    assert latest.options == {"n": "none", "amp": "false"}
    assert (second.dirty, second.elapsed_s, second.words) == (None, 30.0, "python train.py")
    assert (second.options, second.metrics) == ({"lr": 1.0, "opt": "adam"}, {"val_loss": 0.1, "val_loss.best": 0.1})


def test_all_mistakes_are_told_at_once_with_the_nearest_names(five: Store) -> None:
    add(five, 40, metrics=(metric("lr", 0.1),))
    with pytest.raises(UsageError) as told:
        list_runs(five, where=["val_los<0.3", "lr=1", "status", "val_loss<x", "elapsed=soon"], sort="acc2")
    assert told.value.mistakes == (
        "no column, metric or option is called val_los (did you mean val_loss?)",
        "lr is a metric and an option: write metric:lr or option:lr",
        "'status' is no condition: one is a name, one of < <= > >= = != ~, and a value",
        "'val_loss<x': < compares with a number, got 'x'",
        "'elapsed=soon': elapsed is a number, got 'soon'",
        "no column, metric or option is called acc2 (did you mean acc?)",
    )


def test_values_are_never_taken_for_sql(five: Store) -> None:
    for where in ("opt=' OR 1=1 --", 'script=a"; DROP TABLE runs', "opt~%"):
        assert scripts(five, where) == ""
    with pytest.raises(UsageError):
        list_runs(five, where=["val_loss) OR (1=1"])
    assert scripts(five) == "e d c b a"


def test_without_runs_there_are_none(store: Store) -> None:
    assert list_runs(store) == type(list_runs(store))((), 0)
    assert not store.home.exists()


def test_running_run_is_followed_to_its_end(store: Store) -> None:
    run = opened(store)
    assert [r.status for r in list_runs(store).runs] == ["running"]
    run.close(replace(run.record, status="failed", metrics=(metric("x", 1.0),)))
    assert [(r.status, r.metrics) for r in list_runs(store).runs] == [("failed", {"x": 1.0, "x.best": 1.0})]


def test_killed_run_is_listed_as_killed(store: Store) -> None:
    run = opened(store)
    list_runs(store)
    run._lock.release()
    assert [r.status for r in list_runs(store, where=["status=killed"]).runs] == ["killed"]


def test_run_is_put_in_at_its_end(store: Store) -> None:
    kept = finished(store)
    note_run(store, kept.record)
    with sqlite3.connect(store.home / opening.INDEX) as db:
        assert db.execute("SELECT id FROM runs").fetchall() == [(kept.record.id,)]
    db.close()


def test_two_runs_of_one_moment_are_two(store: Store) -> None:
    ids = {add(store, 1, script="x") for _ in range(20)}
    assert {run.id for run in list_runs(store).runs} == ids


def test_run_that_is_gone_is_taken_out(five: Store) -> None:
    gone, day = list_runs(five, where=["script=b"]).runs[0].id, list_runs(five, where=["script=e"]).runs[0].id
    shutil.rmtree(five.folder / "2026-03-01" / gone)
    shutil.rmtree(five.folder / "2026-03-02")
    assert day.startswith("20260302")
    assert scripts(five) == "d c a"
    assert scripts(five, sort="val_loss") == "a d c"


def test_settled_days_are_not_looked_into(five: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in five.days():
        os.utime(day, (1_700_000_000, 1_700_000_000))
    list_runs(five)
    looked: list[Path] = []
    real = Store.ids
    monkeypatch.setattr(Store, "ids", lambda self, day: looked.append(day) or real(self, day))
    assert scripts(five) == "e d c b a"
    assert looked == []


@pytest.mark.parametrize("clock", [1_600_000_000, 1_800_000_000, 4_000_000_000])
def test_clock_of_the_folders_may_go_either_way(five: Store, clock: int) -> None:
    for day in five.days():
        os.utime(day, (1_700_000_000, 1_700_000_000))
    list_runs(five)
    add(five, 31, script="f")
    os.utime(five.folder / "2026-03-02", (clock, clock))
    assert scripts(five) == "f e d c b a"


def test_damaged_record_is_told_and_found_again_when_mended(five: Store) -> None:
    run_id = list_runs(five, where=["script=b"]).runs[0].id
    (five.home / opening.INDEX).unlink()
    path = five.folder / "2026-03-01" / run_id / "record.json"
    whole = path.read_text()
    path.write_text(whole[:50])
    listing = list_runs(five)
    assert [run.script for run in listing.runs] == ["e", "d", "c", "a"]
    assert listing.notes[0].startswith(f"the record of {run_id} cannot be understood")
    path.write_text(whole)
    assert scripts(five) == "e d c b a"
    assert list_runs(five).notes == ()


def damage_whole(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def damage_pages(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 512] = b"\xff" * 512
    path.write_bytes(content)


def damage_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def damage_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def make_older(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE vals")
        db.execute("PRAGMA user_version = 0")
    db.close()


def drop_an_index(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("DROP INDEX vals_number")
    db.close()


@pytest.mark.parametrize(
    "damage", [damage_whole, damage_pages, damage_end, damage_to_nothing, make_older, drop_an_index, Path.unlink]
)
def test_index_of_no_use_is_made_anew(five: Store, damage) -> None:
    list_runs(five)
    index = five.home / opening.INDEX
    for end in ("-wal", "-shm"):
        index.with_name(index.name + end).unlink(missing_ok=True)
    damage(index)
    assert scripts(five, "val_loss<0.3") == "e b"
    assert list_runs(five).notes == ()
    with sqlite3.connect(index) as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (5,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_index_of_a_newer_version_is_passed_by_and_left(five: Store) -> None:
    list_runs(five)
    with sqlite3.connect(five.home / opening.INDEX) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    listing = list_runs(five)
    assert [run.script for run in listing.runs] == ["e", "d", "c", "b", "a"]
    assert "made by a newer wellfit" in listing.notes[0]
    assert (five.home / opening.INDEX).stat().st_size > 10_000


def test_index_that_others_hold_is_passed_by(five: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_S", 0.1)
    monkeypatch.setattr("wellfit.runs.index.listing.open_index", lambda home: opening.open_index(home, busy_s=0.1))
    list_runs(five)
    add(five, 31, script="f")
    other = sqlite3.connect(five.home / opening.INDEX, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    listing = list_runs(five)
    other.close()
    assert [run.script for run in listing.runs] == ["f", "e", "d", "c", "b", "a"]
    assert "database is locked; the folders were read instead" in listing.notes[0]


def test_index_that_others_have_open_is_not_taken_away(five: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_GUARD_S", 0.05)
    with opening.open_index(five.home), pytest.raises(opening.UnusableError, match="being used by others"):
        opening.remove_index(five.home)
    opening.remove_index(five.home)
    assert not (five.home / opening.INDEX).exists()


def test_folder_in_the_place_of_the_index_is_passed_by(five: Store) -> None:
    (five.home / opening.INDEX).mkdir()
    listing = list_runs(five)
    assert [run.script for run in listing.runs] == ["e", "d", "c", "b", "a"]
    assert "Is a directory; the folders were read instead" in listing.notes[0]


def test_names_that_are_no_text_can_be_listed(store: Store) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    add(store, 1, script=name, words=("python", name), options=(option(name, name), option("big", 10**400)))
    run = list_runs(store, where=["big~1000"]).runs[0]
    assert (run.script, run.options["caf\\udce9.py"]) == ("caf\\udce9.py", "caf\\udce9.py")


def test_order_of_reading_survives_a_reader_that_is_killed_between(store: Store) -> None:
    """A run whose row went in without the note on its day, and one the other way round."""
    for hour in range(3):
        add(store, hour, script=str(hour))
    list_runs(store)
    with opening.open_index(store.home) as db, reconcile.writing(db):
        db.execute("DELETE FROM runs WHERE script = '1'")
    assert scripts(store) == "2 1 0"  # the day is younger than it takes to settle
