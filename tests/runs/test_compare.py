"""What two runs are said to differ in, and which one is said to be better."""

import math
from dataclasses import replace

import pytest
from records import draft, metric, option

from wellfit.model.record import GitState, Machine, Seeds, Software
from wellfit.runs.compare import TIE, compare

LOWER, HIGHER, UNKNOWN = False, True, None


def verdict_of(one, other, *, higher=LOWER, noise=None, name="loss"):
    first, second = (
        draft(metrics=() if value is None else (replace(metric(name, value), higher_is_better=higher),))
        for value in (one, other)
    )
    (compared,) = compare(first, second, noise=None if noise is None else {name: noise}).metrics
    return compared.verdict


@pytest.mark.parametrize(
    ("one", "other", "higher", "verdict"),
    [
        (0.5, 0.4, LOWER, "better"),
        (0.4, 0.5, LOWER, "worse"),
        (0.5, 0.4, HIGHER, "worse"),
        (0.4, 0.5, HIGHER, "better"),
        (0.4, 0.5, UNKNOWN, "unknown"),
        (0.5, 0.5, UNKNOWN, "equal"),
        (0.0, -0.0, LOWER, "equal"),
        (-0.5, -0.4, LOWER, "worse"),
        (None, 0.4, LOWER, "unknown"),
        (0.4, None, HIGHER, "unknown"),
        (math.inf, 0.4, LOWER, "better"),
        (0.4, math.inf, LOWER, "worse"),
        (math.inf, math.inf, LOWER, "equal"),
        (math.nan, math.nan, LOWER, "equal"),
    ],
)
def test_the_verdict_follows_the_direction_of_the_metric(one, other, higher, verdict):
    assert verdict_of(one, other, higher=higher) == verdict


@pytest.mark.parametrize("higher", [LOWER, HIGHER, UNKNOWN])
def test_what_was_never_a_number_is_worse_whichever_way_is_better(higher):
    assert verdict_of(0.4, math.nan, higher=higher) == "worse"
    assert verdict_of(math.nan, 0.4, higher=higher) == "better"


@pytest.mark.parametrize("higher", [LOWER, HIGHER, UNKNOWN])
def test_within_the_noise_is_a_tie_and_beyond_it_is_none(higher):
    within, beyond = 0.99 * TIE * 0.01, 1.01 * TIE * 0.01
    assert verdict_of(0.5, 0.5 + within, higher=higher, noise=0.01) == "tie"
    assert verdict_of(0.5, 0.5 - within, higher=higher, noise=0.01) == "tie"
    assert verdict_of(0.5, 0.5 + beyond, higher=higher, noise=0.01) != "tie"


def test_noise_of_zero_leaves_the_smallest_difference_one():
    assert verdict_of(0.5, math.nextafter(0.5, 0), noise=0.0) == "better"


def test_nothing_is_within_the_noise_of_what_was_never_a_number():
    assert verdict_of(0.5, math.nan, noise=10.0) == "worse"
    assert verdict_of(math.inf, math.inf, noise=10.0) == "equal"


def test_the_same_best_value_on_another_way_is_a_tie():
    first = draft(metrics=(metric("loss", 0.6, best=0.5),))
    second = draft(metrics=(metric("loss", 0.7, best=0.5),))
    assert compare(first, second).metrics[0].verdict == "tie"


def test_metrics_of_either_run_stand_once_in_order():
    first = draft(metrics=(metric("a", 1.0), metric("b", 1.0)))
    second = draft(metrics=(metric("c", 1.0), metric("b", 2.0)))
    found = [(m.name, m.first, m.second) for m in compare(first, second).metrics]
    assert found == [("a", 1.0, None), ("b", 1.0, 2.0), ("c", None, 1.0)]


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (1, 1.0, False),
        (1, True, True),
        (True, 1, True),
        (0, False, True),
        (1, "1", True),
        ("", None, True),
        (math.nan, math.nan, False),
        (math.nan, 1.0, True),
        (True, True, False),
        (None, None, False),
    ],
)
def test_options_differ_by_value_and_by_what_a_script_would_take_for_another(one, other, differs):
    found = compare(draft(options=(option("a", one),)), draft(options=(option("a", other),))).options
    assert bool(found) is differs


def test_an_option_that_one_run_lacks_differs():
    (found,) = compare(draft(options=(option("a", 1),)), draft()).options
    assert (found.what, found.first, found.second) == ("a", 1, None)


def test_packages_python_and_machine_are_compared():
    machine = Machine("here", "Linux", "cpu", 2, None)
    first = draft(
        software=Software("3.11.1", "/p", {"torch": "2.4.0", "gone": "1"}),
        machine=machine,
        seeds=Seeds(deterministic=True, threads=1),
    )
    second = draft(
        software=Software("3.12.1", "/q", {"torch": "2.5.0", "new": "1"}),
        machine=replace(machine, devices=("H200",)),
        seeds=Seeds(deterministic=False, threads=1),
    )
    found = {d.what: (d.first, d.second) for d in compare(first, second).environment}
    assert found == {
        "devices": ("none", "H200"),
        "python": ("3.11.1", "3.12.1"),
        "torch": ("2.4.0", "2.5.0"),
        "gone": ("1", None),
        "new": (None, "1"),
        "deterministic": (True, False),
    }


def test_first_batches_are_compared_one_by_one():
    first, second = draft(data=("a" * 64, "b" * 64)), draft(data=("a" * 64, "c" * 64, "d" * 64))
    assert [d.what for d in compare(first, second).data] == ["batch 1"]


def test_code_differs_by_commit_branch_patch_and_command():
    first = draft(git=GitState("/r", "a" * 40, "main"))
    second = draft(git=GitState("/r", "b" * 40, None, unstaged=("x.py",)), words=("python", "b c.py"))
    found = {d.what: (d.first, d.second) for d in compare(first, second, patches=("", "+x")).code}
    assert found == {
        "commit": ("a" * 40, "b" * 40),
        "branch": ("main", None),
        "local changes": ("none", "1 unstaged"),
        "command": ("python train.py", "python 'b c.py'"),
    }


def test_a_run_does_not_differ_from_itself():
    run = draft(options=(option("lr", math.nan),), metrics=(metric("loss", math.nan),), data=("a",))
    same = compare(run, run)
    assert (same.code, same.options, same.environment, same.data) == ((), (), (), ())
    assert [m.verdict for m in same.metrics] == ["equal"]
