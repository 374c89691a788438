"""Rows of records that a stranger left: written beside the others, never through a link, and never in their way."""

from pathlib import Path

import pytest
from records import finished, metric, option

from wellfit.keep.board import PATTERN, write_rows
from wellfit.model.record import RunRecord
from wellfit.runs.store import Store

STRANGE = {
    "surrogates": {"options": (option("\udcff", "\udcff"),), "metrics": (metric("\udcff", 1.0),)},
    "a number beyond any": {"options": (option("n", 10**400),)},
    "zero bytes": {"options": (option("a\0", "b\0"),)},
    "an option twice": {"options": (option("a", 1), option("a", "x"))},
    "an unknown status": {"status": "paused"},
}


@pytest.mark.parametrize("changes", STRANGE.values(), ids=STRANGE.keys())
def test_one_strange_record_keeps_no_other_from_its_row(tmp_path: Path, changes: dict):
    store = Store(tmp_path / ".wellfit")
    plain, _, last = finished(store), finished(store, **changes), finished(store)
    written = {run.record.id for run in write_rows(store)}
    assert {plain.record.id, last.record.id} <= written


def test_a_row_is_written_through_no_link(tmp_path: Path):
    store = Store(tmp_path / ".wellfit")
    run: RunRecord = finished(store).record
    folder = store.find(run.id)
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (row,) = (r for r in write_rows(store))
    (event,) = folder.glob(PATTERN)
    event.unlink()
    event.with_name(f".{event.name}.half").symlink_to(outside)
    assert [r.record.id for r in write_rows(store)] == [row.record.id]
    assert outside.read_text() == "mine"
