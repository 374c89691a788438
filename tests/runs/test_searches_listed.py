"""A search is one line of the list: its trials are counted, and the best of the whole ones is told."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from records import draft, metric

from wellfit.model.search_kept import SearchKept
from wellfit.model.study import StudyPlan
from wellfit.runs.index.listing import list_overview, list_runs
from wellfit.runs.store import OpenRun, Store
from wellfit.runs.studies import FILE, STUDIES, aim_of, note_aim

DAY = datetime(2026, 3, 1, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".wellfit")


def add(store: Store, minute: float, status: str = "done", **changes) -> str:
    run = store.begin(draft(**changes), now=DAY + timedelta(minutes=minute))
    assert isinstance(run, OpenRun)
    assert run.close(replace(run.record, status=status, elapsed_s=2.0)) is None
    return run.record.id


def search(store: Store, name: str, first: int, *losses: float, **changes) -> None:
    """Trials, one a minute."""
    for n, loss in enumerate(losses):
        given = {"kind": "trial", "parent": name, "metrics": (metric("val_loss", loss, loss / 2),), **changes}
        add(store, first + n, **given)


def aim(store: Store, name: str, *, higher: bool = False, take: str = "last") -> None:
    note_aim(store.home, StudyPlan(name, ("python",), "/", "train.py", (), "val_loss", higher, take))


def test_runs_and_searches_come_the_latest_first(store):
    before, after = add(store, 0), add(store, 90)
    search(store, "one", 10, 0.5, 0.25, 0.75)
    search(store, "two", 50, 0.5)
    lines = list_overview(store).lines
    assert [line if isinstance(line, str) else line.name for line in lines] == [after, "two", "one", before]
    assert list_overview(store).total == 4
    assert list_runs(store).total == 6


def test_trials_are_counted_by_their_ends_and_runs_on_fresh_seeds_are_no_trials(store):
    search(store, "one", 10, 0.5, 0.25)
    search(store, "one", 20, 0.1, status="pruned")
    search(store, "one", 30, 0.01, 0.02, kind="confirm")
    aim(store, "one")
    (line,) = list_overview(store).lines
    assert isinstance(line, SearchKept)
    assert (line.trials, dict(line.ends)) == (3, {"done": 2, "pruned": 1})
    assert (line.metric, line.best, line.seconds) == ("val_loss", 0.25, 10.0)


@pytest.mark.parametrize(
    ("higher", "take", "best"),
    [(False, "last", 0.25), (True, "last", 0.75), (False, "best", 0.125), (True, "best", 0.375)],
)
def test_the_best_value_is_that_of_the_direction_and_of_what_counts(store, higher, take, best):
    search(store, "one", 10, 0.5, 0.25, 0.75)
    aim(store, "one", higher=higher, take=take)
    assert list_overview(store).lines[0].best == best


def test_a_search_from_elsewhere_shows_no_best_value(store):
    search(store, "one", 10, 0.5)
    assert (list_overview(store).lines[0].metric, list_overview(store).lines[0].best) == ("", None)


def test_runs_of_other_kinds_with_a_parent_and_trials_without_one_are_lines_of_their_own(store):
    ids = [add(store, 1), add(store, 2, kind="rerun", parent="20260301-000100-abcd"), add(store, 3, kind="trial")]
    assert list(list_overview(store).lines) == ids[::-1]


def test_the_limit_is_of_lines(store):
    search(store, "one", 0, *[0.5] * 30)
    ids = [add(store, 60 + n) for n in range(3)]
    lines = list_overview(store, 3).lines
    assert list(lines) == ids[::-1]
    assert [line if isinstance(line, str) else line.name for line in list_overview(store, 4).lines] == [
        *ids[::-1],
        "one",
    ]


@pytest.mark.parametrize("name", ["../../elsewhere", "/etc", "..", "a/b"])
def test_no_name_of_a_search_leads_out_of_its_folder(store, name, tmp_path):
    target = store.home / STUDIES / name / FILE
    if tmp_path in target.resolve().parents:
        target.resolve().parent.mkdir(parents=True, exist_ok=True)
        target.resolve().write_text(json.dumps({"metric": "m", "higher_is_better": True, "take": "last"}))
    assert aim_of(store.home, name) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"metric": 1}', "\x00"])
def test_a_damaged_file_is_no_aim(store, text):
    aim(store, "one")
    (store.home / STUDIES / "one" / FILE).write_text(text)
    assert aim_of(store.home, "one") is None
