"""Logs of a record that are larger than any of ours: read to a limit, with a sentence, and never waited for."""

import os
import time
from pathlib import Path

import pytest
from records import finished

from wellfit.keep import curves
from wellfit.keep.compare import compare_kept
from wellfit.keep.curves import drawn, told_in
from wellfit.model.codec import encode
from wellfit.model.events.record import MetricSeen, TrainingBegan
from wellfit.runs.store import Store

BEGAN = encode(TrainingBegan({}, {}, deterministic=False, threads=1, devices=(), driver=None, weights="")) + "\n"


def lines(count: int, first: int = 0) -> str:
    return "".join(encode(MetricSeen("loss", "printed", step, 1.0, 0.0)) + "\n" for step in range(first, first + count))


def test_a_log_within_the_limits_is_read_in_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "events-0-1.jsonl").write_text(BEGAN + lines(9))
    monkeypatch.setattr(curves, "MOST_LINES", 10)
    monkeypatch.setattr(curves, "MOST_BYTES", len(BEGAN + lines(9)))
    told = told_in(tmp_path)
    assert told is not None
    assert (len(told.curves["loss"]), told.unread) == (9, "")


@pytest.mark.parametrize(("limit", "value"), [("MOST_LINES", 5), ("MOST_BYTES", len(BEGAN + lines(4)) + 1)])
def test_a_log_beyond_a_limit_is_read_up_to_its_last_whole_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    (tmp_path / "events-0-1.jsonl").write_text(BEGAN + lines(9))
    monkeypatch.setattr(curves, limit, value)
    told = told_in(tmp_path)
    assert told is not None
    assert [point.step for point in told.curves["loss"]] == [0, 1, 2, 3]
    assert "the rest was not read" in told.unread


def test_many_logs_share_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_LINES", 25)
    for number in range(9):
        (tmp_path / f"events-{number}-1.jsonl").write_text(lines(10, first=10 * number))
    told = told_in(tmp_path)
    assert told is not None
    assert len(told.curves["loss"]) == 10
    assert "the rest was not read" in told.unread


def test_the_log_that_trained_is_found_behind_others(tmp_path: Path) -> None:
    (tmp_path / "events-0-1.jsonl").write_text(lines(3))
    (tmp_path / "events-0-2.jsonl").write_text(BEGAN + lines(5))
    told = told_in(tmp_path)
    assert told is not None
    assert (len(told.curves["loss"]), told.unread) == (5, "")


@pytest.mark.parametrize("content", [b"\n", b"{}\n", b"[", b"x"], ids=repr)
def test_a_sparse_or_senseless_log_of_gigabytes_is_read_in_seconds(tmp_path: Path, content: bytes) -> None:
    with (tmp_path / "events-0-1.jsonl").open("wb") as log:
        for _ in range(4):
            log.write(content * (2**20))
        os.truncate(log.fileno(), 8 * 2**30)
    began = time.monotonic()
    told = told_in(tmp_path)
    assert time.monotonic() - began < 20
    assert told is not None
    assert "the rest was not read" in told.unread


def test_a_comparison_says_what_was_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / ".wellfit")
    one, other = finished(store), finished(store)
    (one.folder / "events-0-1.jsonl").write_text(lines(3))
    (other.folder / "events-0-1.jsonl").write_text(lines(30))
    monkeypatch.setattr(curves, "MOST_LINES", 10)
    compared = compare_kept(one, other)
    (note,) = compared.notes
    assert note.startswith(f"{other.record.id}: its logs have more than")
    assert len(drawn(told_in(other.folder))["loss"].steps) == 10
