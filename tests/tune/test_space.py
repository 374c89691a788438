"""Ranges as people type them, told from the script's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellfit.errors import UsageError
from wellfit.model.knob import Knob
from wellfit.tune.script.space import is_range, split_words


def test_words_without_a_range_are_the_scripts():
    words = ["train.py", "--epochs", "5", "--lr", "log:1e-5..1", "--data", "../digits", "--fast", "--width=int:8..64"]
    kept, knobs = split_words(words)
    assert kept == ("train.py", "--epochs", "5", "--data", "../digits", "--fast")
    assert knobs == (
        Knob("lr", "--lr", 1e-5, 1.0, log=True),
        Knob("width", "--width", 8.0, 64.0, integer=True),
    )


def test_behind_two_dashes_everything_is_the_scripts():
    kept, knobs = split_words(["train.py", "--lr", "0..1", "--", "--lr2", "0..1", "b"])
    assert kept == ("train.py", "--lr2", "0..1", "b")
    assert [knob.name for knob in knobs] == ["lr"]


def test_overrides_without_dashes_keep_their_form():
    _, knobs = split_words(["train.py", "optimizer.lr=log:1e-4..1e-1", "model.act=choice:relu,gelu"])
    assert knobs == (
        Knob("optimizer.lr", "optimizer.lr=", 1e-4, 0.1, log=True),
        Knob("model.act", "model.act=", choices=("relu", "gelu")),
    )


def test_choices_are_numbers_where_they_are():
    _, knobs = split_words(["train.py", "--width", "choice:16,32,64", "--decay", "choice:0.1,1e-3"])
    assert knobs[0].choices == (16, 32, 64)
    assert knobs[1].choices == (0.1, 1e-3)


def test_all_mistakes_of_a_call_come_at_once():
    with pytest.raises(UsageError) as raised:
        split_words(["train.py", "--a", "2..1", "--b", "log:0..1", "--c", "..3", "--d", "choice:x", "--e", "1..1e999"])
    assert len(raised.value.mistakes) == 5


@pytest.mark.parametrize("word", ["../data", "a..b", "..", "0..1..2", "log:", "v1..2x", "2026-11-28", "1e3"])
def test_what_is_a_range(word):
    assert is_range(word) == (word == "..")


@given(st.floats(1e-9, 1e9), st.floats(1.0001, 1e6), st.booleans())
def test_what_is_written_comes_back(low, factor, log):
    high = low * factor
    _, (knob,) = split_words(["t.py", "--x", f"{'log:' if log else ''}{low!r}..{high!r}"])
    assert (knob.low, knob.high, knob.log) == (low, high, log)
    assert knob.holds(low)
    assert knob.holds(high)
    assert not knob.holds(high * 1.01)
