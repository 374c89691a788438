"""A killed run is completed from its log, but for one that was copied: its record is a stranger's."""

import shutil
from pathlib import Path

from records import finished

from wellfit.keep.killed import complete
from wellfit.model.codec import encode
from wellfit.model.events.record import MetricSeen
from wellfit.runs.store import Store


def test_a_copy_is_left_as_it_came(tmp_path: Path):
    store = Store(tmp_path / ".wellfit")
    run = finished(store, "killed")
    log = "".join(encode(MetricSeen("loss", "printed", step, 1.0, float(step))) + "\n" for step in range(3))
    (run.folder / "events-0-1.jsonl").write_text(log)
    copied = run.folder.with_name(run.folder.name[:-4] + "zzzz")
    shutil.copytree(run.folder, copied)
    before = (copied / "record.json").read_bytes()
    assert not complete(store, store.read_folder(copied)).record.metrics
    assert (copied / "record.json").read_bytes() == before
    assert [m.name for m in complete(store, store.read_folder(run.folder)).record.metrics] == ["loss"]
