"""What each knob of a trial changes: in the running script, or on its command line."""

import pytest

from wellfit.model.cure import Cure
from wellfit.model.knob import Knob
from wellfit.model.option import COMMAND, DeclaredOption
from wellfit.model.study import Seen, StudyPlan
from wellfit.tune.script.knobs import cures_of, mistake_of, rate_around, words_with

SEEN = Seen(peaks=(0.01, 0.001), planned=300, epoch_steps=30.0)


def plan(words, *knobs, declared=()):
    seen = Seen(peaks=(0.01,), declared=declared)
    return StudyPlan("s", ("python", *words), "/", "t.py", knobs, "val_loss", higher_is_better=False, seen=seen)


def changed(key, value, **others):
    knobs = (Knob(key), *(Knob(name) for name in others))
    return {cure.intervention: cure.options for cure in cures_of(knobs, {key: value, **others}, SEEN)}


def test_a_rate_moves_all_groups_by_one_factor():
    assert changed("lr", 0.05) == {"multiply_rates": {"multipliers": [5.0]}}


def test_a_timescale_is_the_decay_that_forgets_in_so_many_epochs():
    assert changed("timescale", 10.0)["set_hyperparameters"]["weight_decay"] == pytest.approx(1 / (10 * 30 * 0.01))
    both = changed("timescale", 10.0, lr=0.1)
    assert both["set_hyperparameters"]["weight_decay"] == pytest.approx(1 / (10 * 30 * 0.1))


def test_a_schedule_comes_before_what_multiplies_its_rates():
    knobs = (Knob("lr"), Knob("schedule", choices=("constant", "cosine")))
    cures = cures_of(knobs, {"lr": 0.02, "schedule": "cosine"}, SEEN)
    assert [cure.intervention for cure in cures] == ["replace_schedule", "multiply_rates"]
    assert cures[0] == Cure("replace_schedule", None, {"shape": "cosine", "steps": 300})


def test_the_script_as_it_is_is_changed_in_nothing():
    own = plan(["t.py", "--epochs", "5"], Knob("lr"), Knob("width", "--width", 1.0, 9.0, integer=True))
    assert cures_of(own.knobs, {}, SEEN) == ()
    assert words_with(own, {}) == ("python", "t.py", "--epochs", "5")


def test_own_options_stand_where_their_parser_takes_them():
    declared = (
        DeclaredOption("seed", ("--seed",), type="int"),
        DeclaredOption("command", type=COMMAND, choices=("fit", "test"), positional=True),
        DeclaredOption("lr", ("--lr", "-l"), type="float", command="fit"),
    )
    asked = plan(
        ["t.py", "fit", "data"], Knob("lr", "-l", 0.1, 1.0), Knob("seed", "--seed", 1.0, 5.0), declared=declared
    )
    assert words_with(asked, {"lr": 0.25, "seed": 3}) == (
        "python",
        "t.py",
        "--seed",
        "3",
        "fit",
        "data",
        "--lr",
        "0.25",
    )


def test_modules_overrides_and_scripts_without_a_parser():
    override = plan(["-m", "pkg.train", "--x", "1"], Knob("opt.lr", "opt.lr=", 1e-4, 1.0))
    assert words_with(override, {"opt.lr": 1e-3}) == ("python", "-m", "pkg.train", "--x", "1", "opt.lr=0.001")
    bare = plan(["t.py"], Knob("lr", "--lr", 1e-4, 1.0))
    assert words_with(bare, {"lr": 0.1234567891}) == ("python", "t.py", "--lr", "0.123457")


@pytest.mark.parametrize(
    ("knob", "sentence"),
    [
        (Knob("dropout", low=0.0, high=1.0), "dropout is at least 0 and at most 0.95, and 1 is not"),
        (Knob("lr", low=0.0, high=1.0), "lr is above 0 and at most 10000, and 0 is not"),
        (Knob("weight-decay", low=-1.0, high=1.0), "weight-decay is at least 0 and at most 1000, and -1 is not"),
        (Knob("schedule", choices=("cosine", "warm")), "schedule is chosen among constant, linear, cosine"),
        (Knob("schedule", low=0.0, high=1.0), "schedule is chosen among"),
        (Knob("label-smoothing", choices=("a", 0.1)), "label-smoothing is at least 0"),
    ],
)
def test_values_that_make_no_sense_are_refused(knob, sentence):
    assert sentence in (mistake_of(knob) or "")


def test_the_usual_range_of_rates_reaches_a_decade_beyond_the_scripts_and_the_recipes():
    found = rate_around(1e-5, 6.82e-3)
    assert (found.low, found.high, found.log) == (1e-6, 0.068, True)
    assert rate_around(0.1, None).high == 1.0
