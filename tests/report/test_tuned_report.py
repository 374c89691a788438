"""What a search found, on a terminal: clear, narrow enough, and ours, whatever was found."""

import math
import unicodedata
from dataclasses import replace

import pytest
from searched import DROPOUT, KIND, LR, plan, searched, trial
from test_tuned_page import ALL, ODD

from wellfit.model.knob import Knob
from wellfit.model.tuned import Confirmed
from wellfit.report.scatter import Spot, scatter
from wellfit.report.tuned import plan_lines, progress_line, render

UNIT = Knob("x", low=0.0, high=1.0)
HOSTILE = "\x1b[31mred\x1b]0;title\x07\r\n\t20261128-115800-zzzz done\u202egnp\u2066\x9b2J[bold]:smile:"


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize("answer", ODD.values(), ids=ODD.keys())
def test_no_answer_is_wider_than_the_terminal(answer, width):
    text = render(answer, width=width)
    assert [line for line in text.splitlines() if columns(line) > width] == []
    assert answer.plan.name in text


@pytest.mark.parametrize("width", [60, 100])
def test_no_name_or_choice_moves_the_cursor_or_passes_for_a_line(width):
    asked = plan(Knob(HOSTILE, low=0.0, high=1.0), Knob("kind", choices=(HOSTILE, "b")), metric=HOSTILE)
    text = render(searched(replace(asked, name=HOSTILE)), width=width)
    assert not {"\x1b", "\x07", "\r", "\t", "\u202e", "\u2066", "\x9b"} & set(text)
    assert [line for line in text.splitlines() if columns(line) > width] == []
    assert not [line for line in text.splitlines() if line.startswith("20261128-115800-zzzz")]


def test_the_headline_says_what_fresh_seeds_said():
    heads = {
        verdict: render(replace(searched(), verdict=verdict)).splitlines()[0]
        for verdict in ("better", "tie", "worse", "unconfirmed")
    }
    assert heads["better"] == "a better setting: val_loss 0.405 instead of 0.705 on 3 fresh seeds"
    assert heads["tie"].startswith(
        "no difference beyond chance, keep your own setting: val_loss 0.405 instead of 0.705"
    )
    assert heads["worse"].startswith("keep your own setting, the best trial was luck")
    assert heads["unconfirmed"].startswith("the best setting, not confirmed on fresh seeds: val_loss")


def test_means_are_of_the_seeds_on_which_both_settings_are_whole():
    confirmed = Confirmed((1, 2), (1.0, 3.0), (0.5, None))
    assert "val_loss 0.5 instead of 1 on" in render(replace(searched(), confirmed=confirmed))
    confirmed = Confirmed((1, 2), (None, None), (0.5, 0.7))
    assert "val_loss 0.6 instead of no value on" in render(replace(searched(), confirmed=confirmed))


def test_only_a_better_setting_is_offered_to_be_written():
    assert "--resume --name train-1 --apply" in render(searched())
    assert "--apply" not in render(replace(searched(), verdict="tie"))


def test_a_study_in_a_database_is_gone_on_with_by_its_address():
    text = " ".join(render(replace(searched(), place="postgresql://me@host/studies")).split())
    assert "wellfit tune --resume --name train-1 --storage postgresql://me@host/studies --apply" in text


def test_columns_without_room_are_those_that_matter_least_and_are_counted():
    head = next(line for line in render(searched(plan(*ALL)), width=60).splitlines() if line.startswith("trial "))
    assert head.split() == ["trial", "val_loss", "lr", "weight-decay", "dropout", "run"]
    assert "2 more hyperparameters of each" in render(searched(plan(*ALL)), width=60)
    assert "more hyperparameters" not in render(searched(plan(*ALL)), width=100)


def test_the_own_setting_is_in_the_table_with_its_values_however_far_behind():
    answer = searched(plan(LR, DROPOUT), trials=30, ends={})
    last = [line for line in render(answer).splitlines() if line.strip().startswith("own ")]
    assert [line.split() for line in last] == [["own", "1.9", "0.001", "0.1", "0000"]]


def test_the_drawing_is_of_the_range_that_matters_most():
    assert "val_loss over lr:" in render(searched())
    shifted = replace(searched(), importance={"lr": 0.1, "dropout": 0.8, "weight_decay": 0.1})
    assert "val_loss over dropout:" in render(shifted)
    assert " over optimizer:" not in render(searched(plan(KIND)))


def test_dots_stand_where_their_values_are():
    spots = [Spot(10.0**-n, float(n)) for n in range(5)]
    text = scatter(
        [*spots, Spot(1e-3, 0.0, "O")], Knob("lr", low=1e-4, high=1.0, log=True), columns=52, higher_is_better=False
    )
    rows = [line.partition("│")[2] for line in text.splitlines()[:10]]
    assert rows[-1].index("O") == round(38 / 4)
    assert rows[-1].rindex("·") == 38
    assert rows[0].index("·") == 0


def test_what_is_worse_than_the_drawing_stands_at_its_rim_and_the_rim_says_so():
    near = [Spot(n / 10, 1 + n / 10) for n in range(8)]
    text = scatter([*near, Spot(1.0, 1e6)], UNIT, columns=80, higher_is_better=False)
    assert text.splitlines()[0].strip().startswith("≥ ")
    higher = scatter([*near, Spot(1.0, -1e6)], UNIT, columns=80, higher_is_better=True)
    assert higher.splitlines()[9].strip().startswith("≤ ")


def test_too_few_dots_too_few_columns_and_no_number_draw_nothing():
    few = [Spot(0.1, 1.0)] * 3
    assert not scatter(few, UNIT, columns=80, higher_is_better=False)
    assert not scatter(few * 2, UNIT, columns=30, higher_is_better=False)
    assert not scatter([Spot(0.1, math.nan)] * 9, UNIT, columns=80, higher_is_better=False)


def test_progress_tells_the_best_so_far_in_its_direction():
    done = [trial(0, {}, 0.5), trial(1, {}, 0.9), trial(2, {}, None)]
    assert progress_line(plan(), done) == "3 of 24 trials, best val_loss 0.5"
    assert progress_line(plan(higher_is_better=True), done) == "3 of 24 trials, best val_loss 0.9"
    assert progress_line(plan(), done[2:]) == "1 of 24 trials, nothing yet"


def test_the_plan_says_what_each_range_acts_on():
    lines = list(plan_lines(plan(*ALL), ("a note",)))
    assert lines[0] == "train.py: 24 whole runs, for a lower val_loss"
    assert lines[1] == "  lr: 1e-05 to 1 (logarithms); set in the running script"
    assert "the script's own --width" in lines[4]
    assert lines[-1] == "  note: a note"
