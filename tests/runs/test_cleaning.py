"""Runs are removed whole, running ones not at all, and what killed processes left is found."""

import os
from pathlib import Path

import pytest
from records import finished, opened

from wellfit.errors import UsageError
from wellfit.runs.cleaning import leftovers, remove_run
from wellfit.runs.index.listing import list_runs
from wellfit.runs.store import Store


def test_removed_run_is_gone_from_folder_and_list(tmp_path: Path) -> None:
    store = Store(tmp_path / ".wellfit")
    gone, kept = finished(store), finished(store)
    assert list_runs(store).total == 2
    remove_run(store, gone.record.id)
    assert not gone.folder.exists()
    assert [run.id for run in list_runs(store).runs] == [kept.record.id]
    assert leftovers(store) == []


def test_running_run_is_not_removed(tmp_path: Path) -> None:
    store = Store(tmp_path / ".wellfit")
    run = opened(store)
    with pytest.raises(UsageError, match=f"{run.record.id} is running"):
        remove_run(store, run.record.id)
    assert run.folder.exists()


def test_what_killed_processes_left_is_found_and_what_is_being_made_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path / ".wellfit")
    run = opened(store)
    day = run.folder.parent
    names = (".new-dead", ".new-fresh", ".new-old", ".gone-half", "notes")
    for name in names:
        (day / name).mkdir()
    (day / ".new-dead" / "alive.lock").touch()
    os.utime(day / ".new-old", (1, 1))
    os.rename(run.folder, day / ".new-alive")  # as it is before it has got its name
    assert [folder.name for folder in leftovers(store)] == [".gone-half", ".new-dead", ".new-old"]
