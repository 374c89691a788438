"""Records of other versions: older ones are brought to today's form, newer ones are shown and never destroyed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from records import finished, opened

from wellfit.errors import RecordError
from wellfit.model.record import SCHEMA, Option
from wellfit.runs.migrations import MIGRATIONS, migrate
from wellfit.runs.record_file import read_record, record_text
from wellfit.runs.secrets import MASK
from wellfit.runs.store import Store

KEY = "abcdef0123456789abcdef0123456789"
VERSION_0 = """{
  "id": "20250102-030405-abcd", "kind": "run", "command": "python train.py --name 'two words'", "cwd": "/home/me",
  "script": "train.py", "time": 1735787045.5, "status": "done", "pid": 17, "exit_code": 0, "seconds": 12.5,
  "options": {"lr": 0.1}, "metrics": {"val_loss": 0.25}
}"""


def test_there_is_a_step_from_each_version() -> None:
    assert len(MIGRATIONS) == SCHEMA


def test_version_0_is_read(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(VERSION_0)
    read = read_record(tmp_path)
    record = read.record
    assert record.words == ("python", "train.py", "--name", "two words")
    assert (record.folder, record.started, record.schema) == ("/home/me", "2025-01-02T03:04:05.500000+00:00", SCHEMA)
    assert (record.elapsed_s, record.exit_code, record.status) == (12.5, 0, "done")
    assert record.options == (Option("lr", 0.1, None, "unknown"),)
    assert [(m.name, m.last, m.best) for m in record.metrics] == [("val_loss", 0.25, 0.25)]
    assert (read.notes, read.newer) == ((), False)


@pytest.mark.parametrize("lacking", ["command", "time", "cwd", "id"])
def test_version_0_that_lacks_something_is_told(tmp_path: Path, lacking: str) -> None:
    plain = json.loads(VERSION_0)
    del plain[lacking]
    (tmp_path / "record.json").write_text(json.dumps(plain))
    with pytest.raises(RecordError, match=f"it is no record of schema 0: KeyError\\('{lacking}'\\)"):
        read_record(tmp_path)


def test_today_is_left_as_it_is() -> None:
    plain = {"schema": SCHEMA, "id": "x"}
    assert migrate(plain) == (plain, ())


@pytest.mark.parametrize("version", ["1", None, -1, True, 1.5])
def test_version_that_is_none_is_told(version: object) -> None:
    with pytest.raises(ValueError, match="its schema is"):
        migrate({"schema": version})


def test_newer_version_is_read_with_a_note_and_never_written(tmp_path: Path) -> None:
    run = opened(Store(tmp_path / ".wellfit"))
    path = run.folder / "record.json"
    plain = {**json.loads(path.read_text()), "schema": SCHEMA + 1, "colour": "blue"}
    path.write_text(json.dumps(plain))
    run._lock.release()
    kept = Store(tmp_path / ".wellfit").read(run.record.id)
    assert (kept.record.status, kept.record.script) == ("killed", "train.py")
    assert "written by a newer wellfit" in kept.notes[0]
    assert json.loads(path.read_text()) == plain


def test_what_a_newer_version_put_in_is_shown_without_its_secrets(tmp_path: Path) -> None:
    store = Store(tmp_path / ".wellfit")
    run = finished(store, options=(Option("lr", 0.1, None, "argparse"),), words=("python", "--token", KEY))
    path = run.folder / "record.json"
    plain = json.loads(path.read_text()) | {"schema": SCHEMA + 1, "colour": {"hue": 7, "api_key": KEY}}
    plain |= {"more_words": ["--password", KEY], "words": ["python", "--token", KEY]}
    plain["options"][0]["unit"] = "1/step"
    path.write_text(json.dumps(plain))
    kept = store.read(run.record.id)
    shown = json.loads(record_text(kept.record, kept.plain))
    assert shown["colour"] == {"hue": 7, "api_key": MASK}
    assert shown["more_words"] == ["--password", MASK]
    assert shown["options"] == [{"name": "lr", "value": 0.1, "default": None, "source": "argparse", "unit": "1/step"}]
    assert shown["words"] == ["python", "--token", MASK]
    assert shown.keys() == plain.keys()


@pytest.mark.parametrize("depth", [300, 900])
def test_what_is_nested_too_deep_is_shown_or_left_out(tmp_path: Path, depth: int) -> None:
    run = finished(Store(tmp_path / ".wellfit"))
    path = run.folder / "record.json"
    deep = "[" * depth + "]" * depth
    path.write_text(path.read_text().replace('"schema": 1', f'"schema": {SCHEMA + 1}, "deep": {deep}'))
    read = read_record(run.folder)
    assert json.loads(record_text(read.record, read.plain))["id"] == run.record.id


def test_newer_version_without_what_we_need_is_told(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps({"schema": SCHEMA + 1, "name": "x"}))
    with pytest.raises(RecordError, match="cannot be understood"):
        read_record(tmp_path)


def test_record_of_another_shape_is_told(tmp_path: Path) -> None:
    for text in ("[]", "3", "null", '{"schema": 1, "id": 3}', "{" * 100_000):
        (tmp_path / "record.json").write_text(text)
        with pytest.raises(RecordError, match="cannot be understood"):
            read_record(tmp_path)


def test_status_of_the_future_stays(tmp_path: Path) -> None:
    run = opened(Store(tmp_path / ".wellfit"))
    run.close(replace(run.record, status="done"))
    path = run.folder / "record.json"
    path.write_text(path.read_text().replace('"done"', '"paused"'))
    assert read_record(run.folder).record.status == "paused"
