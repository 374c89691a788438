"""The log of a run, written under bad conditions."""

import json
import shutil
from pathlib import Path

import pytest

from wellfit.model.events.run import Armed, SteppedAside
from wellfit.observe.recorder import BYTE_BUDGET, Recorder

FIRST = Armed(1, "0", "3", "2", "x.py", 1, 0, 1, "cpu")


def lines(folder: Path) -> list[dict[str, object]]:
    (log,) = folder.glob("events-*.jsonl")
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_file_is_made_with_the_first_event_only(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path), 0, FIRST)
    assert not list(tmp_path.iterdir())
    recorder.write(SteppedAside("a", "b"))
    assert [line["event"] for line in lines(tmp_path)] == ["Armed", "SteppedAside"]


def test_removed_folder_does_not_reach_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    recorder = Recorder(str(folder), 0, FIRST)
    shutil.rmtree(folder)
    recorder.write(SteppedAside("a", "b"))
    assert not folder.exists()


def test_full_disk_does_not_reach_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    notices = tmp_path / "notices"
    monkeypatch.setenv("WELLFIT_MARKERS", str(notices))
    recorder = Recorder(str(tmp_path), 0, FIRST)
    monkeypatch.setattr(recorder, "_path", Path("/dev/full"))
    recorder.write(SteppedAside("a", "b"))
    recorder.write(SteppedAside("c", "d"))
    assert notices.read_text().count("could not be written") == 1


def test_past_the_budget_only_totals_are_written(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path), 0, FIRST)
    recorder.write(SteppedAside("x" * BYTE_BUDGET, ""))
    recorder.write(SteppedAside("lost", ""))
    recorder.write(SteppedAside("kept", ""), always=True)
    assert [line.get("what") for line in lines(tmp_path)][2:] == ["kept"]
