"""Recorded runs on a terminal: whatever a record holds, every line is whole, narrow enough, and ours."""

import math
import unicodedata
from dataclasses import replace

import pytest
from recorded import FIRST, NOW, SECOND, full, metric, option, run

from wellfit.model.record import GitState, Seeds, Software
from wellfit.model.search_kept import SearchKept
from wellfit.report.runs import agreement, render_comparison, render_run
from wellfit.report.runs_list import render_list
from wellfit.report.runs_page import render as render_page
from wellfit.runs.compare import compare

HOSTILE = "\x1b[31mred\x1b]0;title\x07\r\n\t20261128-115800-zzzz done\u202egnp\u2066\x9b2J\udcff[bold]:smile:"
ODD = {
    "no git": run(git=None),
    "no commit": run(git=GitState("/r", None, None)),
    "no metrics": run(metrics=()),
    "killed": run(status="killed", exit_code=-9, elapsed_s=None),
    "running": run(status="running", exit_code=None, elapsed_s=None),
    "an unknown status": run(status="paused" * 1_000),
    "not a number": run(metrics=(metric("loss", math.nan),)),
    "infinite": run(metrics=(metric("loss", math.inf), metric("other", -math.inf))),
    "huge": run(metrics=(metric("loss", 1e308),), elapsed_s=1e308),
    "no time": run(elapsed_s=math.nan),
    "backwards": run(elapsed_s=-3.0, started="2027-01-01T00:00:00+00:00"),
    "another zone": run(started="2026-11-28T13:58:00+02:00"),
    "400 options": run(options=tuple(option(f"option-{n}", n, n % 2) for n in range(400))),
    "long values": run(options=(option("text", "x" * 10_000),), metrics=(metric("y" * 500, 1.0),)),
    "hostile": full(HOSTILE),
}


def lines_of(text: str) -> list[str]:
    return text.split("\n")[:-1]


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def all_of(record, width: int, *, color: bool = False) -> dict[str, str]:
    compared = compare(run(id=SECOND), record, noise={"loss": 0.1})
    return {
        "list": render_list([record], total=1, now=NOW, width=width, color=color),
        "one": render_run(record, width=width, color=color),
        "comparison": render_comparison(compared, width=width, color=color),
    }


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize("record", ODD.values(), ids=ODD.keys())
def test_no_record_is_wider_than_the_terminal(record, width):
    for name, text in all_of(record, width).items():
        assert [line for line in lines_of(text) if columns(line) > width] == [], name
        assert record.id in text


@pytest.mark.parametrize("width", [60, 100])
def test_no_text_of_a_record_moves_the_cursor_or_reorders_a_line(width):
    for name, text in all_of(full(HOSTILE), width).items():
        bad = {c for c in text if c != "\n" and (unicodedata.category(c) in {"Cc", "Cs"} or "\u202a" <= c <= "\u202e")}
        assert not bad, name
        assert "\u2066" not in text
        assert "\\x1b[31m" in text.replace("\n", "").replace(" ", ""), name


def test_no_text_of_a_record_passes_for_a_line_of_ours():
    for name, text in all_of(full("x\n20261128-115800-zzzz  done"), 100).items():
        assert not [line for line in lines_of(text) if line.lstrip().startswith("20261128-115800-zzzz")], name


def test_colours_are_ours_alone():
    text = render_list([full("\x1b[31m")], total=1, now=NOW, color=True)
    assert "\x1b[32mdone" in text
    assert "\x1b[31m" not in text


def test_the_list_of_a_roomy_terminal():
    records = [
        run(git=GitState("/r", "0123456789" * 4, "main", unstaged=("a.py",)), metrics=(metric("val_loss", 0.25),)),
        run(id=SECOND, status="failed", options=(option("lr", 0.1, 0.01), option("epochs", 3, 3))),
    ]
    assert lines_of(render_list(records, total=7, now=NOW, width=100)) == [
        "id                    status    age  took  commit     script           val_loss",
        "20261128-115800-abcd  done    2 min  42 s  01234567+  train.py             0.25",
        "20261128-115900-efgh  failed  2 min  42 s             train.py lr=0.1",
        "2 of 7; -n 7 shows more",
    ]


def test_the_list_of_a_narrow_terminal_keeps_what_matters():
    records = [run(metrics=(metric("train_loss", 0.5), metric("val_loss", 0.25)), options=(option("lr", 0.1, 0.01),))]
    assert lines_of(render_list(records, total=1, now=NOW, width=60)) == [
        "id                    status    age  script         val_loss",
        "20261128-115800-abcd  done    2 min  train.py           0.25",
        "                                     lr=0.1",
    ]


SEARCH = SearchKept(
    "train-20261128", "train.py", "2026-11-28T11:50:00+00:00", {"done": 30, "pruned": 9}, 90.0, "loss", 0.125
)


def test_a_search_is_one_line_among_the_runs_and_it_is_said_how_to_see_its_runs():
    lines = lines_of(render_list([run(), SEARCH], total=2, now=NOW, width=100))
    assert len(lines) == 4
    assert lines[2].split() == [
        *("train-20261128", "search", "10", "min", "2", "min", "train.py:", "39", "trials", "(9", "pruned)", "0.125"),
    ]
    assert lines[3] == "a search is one line: --where parent=NAME, or --trials, lists its runs"
    narrow = render_list([run(metrics=(metric("acc", 1.0),)), SEARCH], total=2, now=NOW, width=60)
    assert "best loss 0.125" in " ".join(narrow.split())
    assert "a search is one line" not in render_list([run()], total=1, now=NOW)


@pytest.mark.parametrize("width", [60, 100])
def test_no_search_is_wider_than_the_terminal_or_passes_for_another_line(width):
    odd = SearchKept(HOSTILE * 3, HOSTILE, "2026-11-28T11:50:00+00:00", {HOSTILE: 1}, math.nan, HOSTILE, math.inf)
    text = render_list([odd, SEARCH], total=2, now=NOW, width=width)
    assert [line for line in lines_of(text) if columns(line) > width] == []
    assert not {"\x1b", "\x07", "\r", "\t", "\u202e", "\u2066", "\x9b"} & set(text)
    assert [line for line in lines_of(text) if line.startswith("20261128-115800-zzzz")] == []


def test_an_empty_list_says_why():
    assert render_list([], total=0, now=NOW) == "no runs: `wellfit run train.py` records one\n"
    assert render_list([], total=3, now=NOW) == "none of 3 runs\n"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_written(value):
    record = run(metrics=(metric("loss", value),))
    assert str(value) in render_list([record], total=1, now=NOW)
    assert str(value) in render_run(record)


def test_four_hundred_options_are_all_shown_of_one_run_and_few_in_the_list():
    record = ODD["400 options"]
    assert render_run(record).count("option-") == 400
    assert len(lines_of(render_list([record], total=1, now=NOW, width=60))) < 12


def test_of_two_runs_only_what_was_recorded_is_called_the_same():
    bare = compare(run(), run(id=SECOND))
    assert list(agreement(bare)) == ["not recorded in both runs: code, options, environment, first batches"]
    known = {
        "git": GitState("/r", "a" * 40, "main"),
        "options": (option("lr", 0.1),),
        "software": Software("3.11", "/p", {}),
        "seeds": Seeds(threads=1),
        "data": ("a",),
    }
    both = compare(run(**known), run(id=SECOND, **known))
    assert list(agreement(both)) == ["the same: code, options, environment, first batches"]
    differing = compare(run(**known), run(id=SECOND, **{**known, "data": ("b",)}))
    assert list(agreement(differing)) == ["the same: code, options, environment"]


def test_changes_that_were_too_large_to_keep_are_not_called_the_same():
    git = GitState("/r", "a" * 40, "main", unstaged=("a.py",), patches_kept=False)
    (sentence,) = agreement(compare(run(git=git), run(git=git)))
    assert "not recorded in both runs: code" in sentence


def test_what_could_not_be_read_stands_in_text_and_page():
    compared = replace(compare(run(), run(id=SECOND)), notes=("its logs are larger than what is read",))
    assert render_comparison(compared).splitlines()[-1] == "its logs are larger than what is read"
    assert "its logs are larger than what is read" in render_page(compared)


def test_the_comparison_names_what_differs_and_which_is_better():
    first = run(options=(option("lr", 0.1),), metrics=(metric("loss", 0.5, higher_is_better=False),))
    second = run(
        id=SECOND,
        status="failed",
        options=(option("lr", 0.2), option("new", 1)),
        metrics=(metric("loss", 0.25, higher_is_better=False),),
    )
    assert lines_of(render_comparison(compare(first, second, noise={"loss": 0.01}))) == [
        f"first   {FIRST}  done",
        f"second  {SECOND}  failed",
        "",
        "options  first  second",
        "lr       0.1    0.2",
        "new      -      1",
        "",
        "best  first  second  change",
        "loss    0.5    0.25   -0.25  better; from seed to seed it moves by 0.01",
        "",
        "not recorded in both runs: code, environment, first batches",
    ]
