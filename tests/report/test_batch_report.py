"""What the answer on batch sizes looks like, with and without a size."""

import json
import math
from dataclasses import replace

import pytest

from wellfit.model.batch import (
    BatchAnswer,
    CriticalSize,
    FittingSize,
    MovedWith,
    TimedSize,
    TrainingLoader,
    TriedSize,
)
from wellfit.model.place import Place
from wellfit.report import batch, batch_page
from wellfit.report.json import render_batch
from wellfit.report.size_figure import draw_memory, draw_throughput

LOADER = TrainingLoader(Place("/w/train.py", 9, "main"), 32, 1500, False, 1, "AdamW", 1e-3, False, 5, 60, "cpu")
TRIED = (TriedSize(64, 300_000_000, None), TriedSize(512, 0, "out of memory"), TriedSize(128, 400_000_000, None))
FITS = FittingSize(128, "larger ones take more", 420_000_000, "by --memory", 0.02, 400_000_000, True, TRIED)
CURVE = (TimedSize(32, 0.01, 3200.0, 280_000_000, 1.5), TimedSize(64, 0.01, 6400.0, 300_000_000, 1.0))
CRITICAL = CriticalSize(70.0, 60.0, 90.0, 16, 8, "")
MOVES = MovedWith(1, 64, math.sqrt(2), "square root", 24, 28, ("tune anew",))
ANSWER = BatchAnswer(
    "train.py", "/w", "train.py --own", LOADER, 64, "why so", FITS, CURVE, 64, CRITICAL, MOVES, 4, 3.2, ("<b>note</b>",)
)
NONE = replace(
    ANSWER, size=None, reason="nothing", fits=replace(FITS, size=None, tried=()), curve=(), knee=None, moves=None
)


def test_answer_in_text() -> None:
    text = batch.render(ANSWER, width=120)
    assert text.startswith("batch size 64   (now 32; up to 128 fits)\n")
    assert "128 of the largest samples took 400 MB of 420 MB by --memory, less 2 %" in text
    assert "1 of 3 runs ended early" in text
    assert "learning rate x 1.41 (square root rule, 0.001 -> 0.00141)" in text
    assert "set the batch size 64 at train.py:9, then: wellfit lr train.py --own" in text
    assert "64  ####################################       6,400  <- knee, found" in text


def test_no_answer_in_text() -> None:
    text = batch.render(NONE, width=120)
    assert text.startswith("no batch size (now 32): nothing\n")
    assert "next" not in text


def test_page_escapes_and_draws_both_curves() -> None:
    page = batch_page.render(ANSWER)
    assert "&lt;b&gt;note" in page
    assert "<b>note" not in page
    assert "Samples in a second" in page
    assert "Peak memory in MB" in page
    assert 'class="failed"' in page
    assert "<figure" not in batch_page.render(NONE)


def test_json_holds_all() -> None:
    values = json.loads(render_batch(ANSWER))
    assert values["size"] == 64
    assert values["fits"]["tried"][1] == {"size": 512, "peak_bytes": 0, "failed": "out of memory"}


def test_json_has_no_number_where_none_is_finite() -> None:
    open_ended = replace(ANSWER, critical=replace(CRITICAL, high=math.inf))
    assert not isinstance(json.loads(render_batch(open_ended))["critical"]["high"], float)


def test_figures_have_what_was_measured() -> None:
    speed, memory = draw_throughput(ANSWER), draw_memory(ANSWER)
    assert speed is not None
    assert memory is not None
    assert [dot.words for dot in speed.dots] == ["32: 3,200 samples in a second", "64: 6,400 samples in a second"]
    assert speed.dots[1].y < speed.dots[0].y
    assert [dot.failed for dot in memory.dots] == [False, False, False, True]
    assert memory.limit is not None
    assert draw_throughput(NONE) is None


@pytest.mark.parametrize("width", [80, 120])
def test_text_keeps_its_width(width: int) -> None:
    assert max(map(len, batch.render(ANSWER, width=width).splitlines())) <= width
