"""Runs in a real TensorBoard: one row each, whatever became of them, beside their curves."""

import http.client
import json
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import launched, needs_browser

from wellfit.digest.recorded import summarize_curve
from wellfit.keep.board import serving, write_rows
from wellfit.model.codec import encode
from wellfit.model.events.record import MetricSeen
from wellfit.model.record import Option, RunRecord
from wellfit.runs.store import OpenRun, Store
from wellfit.runs.tensorboard.row import options_shown

RUNS = {
    "all kinds": ("done", {"lr": 0.1, "layers": 2, "name": "a", "fast": True, "none": None, "sizes": "[1, 2]"}),
    "an option more": ("done", {"lr": 1, "width": 64, "name": "b"}),
    "the same again": ("done", {"lr": 0.1, "layers": 2, "name": "a", "fast": True, "none": None, "sizes": "[1, 2]"}),
    "no number": ("failed", {"lr": float("nan"), "name": "c"}),
    "killed": ("killed", {"lr": 0.2, "layers": 2.5}),
    "pruned": ("pruned", {"lr": 0.3}),
}


PLAIN = RunRecord("", "run", ("python", "train.py"), "/", "train.py", "", "running", 0)
COLUMNS = ("lr", "layers", "width", "name", "fast", "sizes", "wellfit/status", "val_loss", "best/val_loss")
"""What can be shown; the page shows five options at first."""


def keep(store: Store, status: str, options: dict[str, str | float | bool | None]) -> RunRecord:
    """A run with a curve in its log."""
    begun = store.begin(replace(PLAIN, folder=str(store.home.parent)))
    assert isinstance(begun, OpenRun)
    curve = tuple(MetricSeen("val_loss", "printed", step, 1.0 / (1 + step), float(step)) for step in range(5))
    (begun.folder / "events-0-1.jsonl").write_text("".join(encode(seen) + "\n" for seen in curve))
    summary = summarize_curve("val_loss", curve)
    parsed = tuple(Option(name, value, None, "argparse") for name, value in options.items())
    record = replace(begun.record, status=status, options=parsed, metrics=(summary,), elapsed_s=9.0)
    begun.close(record)
    return record


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory):
    """A server with all runs."""
    store = Store(tmp_path_factory.mktemp("board") / ".wellfit")
    records = {name: keep(store, *run) for name, run in RUNS.items()}
    assert len(list(write_rows(store))) == len(RUNS)
    with serving(store, port=None) as address:
        yield store, records, address


def ask(address: str, path: str, body: object = None) -> object:
    server = http.client.HTTPConnection(address.split("/")[2], timeout=60)
    data = None if body is None else json.dumps(body)
    server.request("GET" if body is None else "POST", path, data, {"Content-Type": "application/json"})
    return json.loads(server.getresponse().read())


def groups_of(address: str) -> list[dict]:
    """Rows of the table as the page asks for them, once the server has read all of them."""
    statuses = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
    for _ in range(120):
        columns = [{"metric": {"tag": "val_loss"}}, {"metric": {"tag": "best/val_loss"}}]
        body = {"startIndex": 0, "sliceSize": 100, "allowedStatuses": statuses, "colParams": columns}
        found = ask(address, "/data/plugin/hparams/session_groups", body).get("sessionGroups", [])
        if len(found) == len(RUNS):
            return found
    raise AssertionError(f"{len(found)} rows of {len(RUNS)}")


def test_each_run_is_one_row_under_its_own_name(board):
    _, records, address = board
    found = groups_of(address)
    assert sorted(group["name"] for group in found) == sorted(record.id for record in records.values())
    assert all(len(group["sessions"]) == 1 for group in found)


def test_values_are_of_their_kinds_and_none_is_absent(board):
    _, records, address = board
    by_name = {group["name"]: group["hparams"] for group in groups_of(address)}
    plain = by_name[records["all kinds"].id]
    assert plain == {
        "lr": 0.1, "layers": 2.0, "name": "a", "fast": True, "sizes": "[1, 2]", "wellfit/status": "done",
    }  # fmt: skip
    assert by_name[records["no number"].id]["lr"] == "nan"


def test_a_trial_shows_its_search_and_the_shift_of_its_seeds():
    parsed = (Option("dropout", 0.2, 0.5, "tune"), Option("schedule", "cosine", None, "tune"))
    trial = replace(PLAIN, kind="confirm", parent="train-1", seed_shift=2, status="pruned", options=parsed)
    assert options_shown(trial) == {
        "wellfit/status": "pruned", "wellfit/search": "train-1", "wellfit/seed_shift": 2,
        "dropout": 0.2, "schedule": "cosine",
    }  # fmt: skip
    assert options_shown(replace(PLAIN, kind="rerun", parent="a")) == {"wellfit/status": "running"}


def test_failed_killed_and_pruned_runs_are_there_with_their_status(board):
    _, records, address = board
    by_name = {group["name"]: group for group in groups_of(address)}
    for name in ("no number", "killed", "pruned"):
        group = by_name[records[name].id]
        assert group["sessions"][0]["status"] == "STATUS_FAILURE"
        assert group["hparams"]["wellfit/status"] == RUNS[name][0]
    assert by_name[records["all kinds"].id]["sessions"][0]["status"] == "STATUS_SUCCESS"


def test_curves_lie_in_the_run_of_the_row(board):
    _, records, address = board
    groups_of(address)
    names = ask(address, "/data/runs")
    assert sorted(name.rpartition("/")[2] for name in names) == sorted(record.id for record in records.values())
    run = next(name for name in names if name.endswith(records["all kinds"].id))
    points = ask(address, f"/data/plugin/scalars/scalars?run={run.replace('/', '%2F')}&tag=val_loss")
    assert [(step, value) for _, step, value in points] == [(s, pytest.approx(1 / (1 + s))) for s in range(5)]


def test_a_row_is_written_once_and_runs_under_way_wait(tmp_path: Path):
    store = Store(tmp_path / ".wellfit")
    begun = store.begin(RunRecord("", "run", ("x",), str(tmp_path), "x", "", "running", 0))
    keep(store, "done", {"lr": 1})
    assert len(list(write_rows(store))) == 1
    assert not list(write_rows(store))
    begun.close(replace(begun.record, status="done"))
    assert len(list(write_rows(store))) == 1


@needs_browser
def test_the_table_in_a_real_browser_has_a_row_for_each(board):
    _, records, address = board
    groups_of(address)
    with launched() as browser:
        page = browser.new_page(viewport={"width": 3000, "height": 1000})
        page.goto(address)
        for record in records.values():
            page.get_by_text(record.id).first.wait_for(state="attached", timeout=60_000)
        cells = page.locator("vaadin-grid-cell-content").all_inner_texts()
        offered = {name: page.get_by_text(name, exact=True).count() for name in COLUMNS}
    shown = [cell.strip() for cell in cells]
    assert {record.id for record in records.values()} <= set(shown)
    assert all(offered.values()), offered
    assert [shown.count(record.id) for record in records.values()] == [1] * len(records)
