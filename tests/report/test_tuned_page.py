"""The page of a search: escaped, offline, and drawn, as a real browser sees it where there is one."""

import math
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from browsing import ATTACK, Elements, hold_escaped, hold_offline, launched, needs_browser, opened
from recorded import full
from searched import DECAY, DROPOUT, KIND, LR, PRESENT, WIDTH, plan, searched, trial

from wellfit.model.knob import Knob
from wellfit.model.study import Seen
from wellfit.model.tuned import Confirmed, Interaction, Tuned
from wellfit.report.tuned_page import render

GEOMETRY = {"d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height", "transform", "style", "opacity"}
ALL = (LR, DECAY, DROPOUT, WIDTH, KIND)


def hostile() -> Tuned:
    knobs = (Knob(ATTACK, low=0.0, high=1.0), Knob("kind", f"--{ATTACK}", choices=(ATTACK, "other")))
    asked = plan(*knobs, metric=ATTACK)
    asked = replace(asked, name=ATTACK, script=ATTACK, seen=Seen(present={"kind": ATTACK}))
    found = searched(asked, trials=12)
    trials = tuple(replace(t, reason=ATTACK, run=ATTACK) for t in found.trials)
    pairs = (Interaction(knobs[0].key, knobs[1].key, 0.2, replaces=True),)
    return replace(found, trials=trials, interactions=pairs, place=ATTACK, notices=(ATTACK,))


def nothing() -> Tuned:
    found = searched(trials=6, ends=dict.fromkeys(range(1, 6), "diverged"))
    own = trial(0, {}, None, end="failed")
    answer = replace(found, trials=(own, *found.trials[1:]), best=None, verdict="none", confirmed=Confirmed())
    return replace(answer, importance={}, interactions=(), explained=None)


ODD = {
    "no whole trial": nothing(),
    "no trial": replace(nothing(), trials=()),
    "all diverged": searched(trials=12, ends=dict.fromkeys(range(1, 12), "diverged")),
    "one knob": searched(plan(LR), trials=12),
    "choices only": searched(plan(KIND), trials=12),
    "whole numbers": searched(plan(Knob("depth", "--depth", low=1, high=3, integer=True)), trials=12),
    "accuracy": searched(plan(*ALL, metric="val_acc", higher_is_better=True)),
    "no confirmation": replace(searched(), confirmed=Confirmed(), verdict="unconfirmed"),
    "not a number on a seed": replace(searched(), confirmed=Confirmed((1,), (math.nan,), (None,))),
    "huge and equal values": replace(
        searched(), trials=tuple(trial(n, {"lr": 1e-5}, 1e300 * (n % 2)) for n in range(12)), best=0
    ),
    "nothing known of the script": searched(plan(*ALL, seen=Seen())),
    "own beyond the range": searched(plan(*ALL, seen=Seen(present={**PRESENT, "lr": 1e9, "optimizer": "rmsprop"}))),
    "400 trials": searched(plan(*ALL, trials=400), trials=400),
}


def test_what_a_search_holds_is_text_and_nothing_else():
    hold_escaped(render(hostile(), full(ATTACK)))


def test_the_page_loads_nothing():
    hold_offline(render(searched(plan(*ALL))))


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD.keys())
def test_every_odd_answer_has_a_page_without_holes(answer):
    source = render(answer)
    assert answer.plan.name in source
    for tag, attributes in Elements(source).found:
        for name in GEOMETRY & attributes.keys():
            assert not re.search(r"nan|inf|none", str(attributes[name]), re.IGNORECASE), (tag, name)
    for number in re.findall(r' (?:cx|cy|x1|y1)="([^"]*)"', source):
        assert -60 <= float(number) <= 820


def test_every_trial_stands_in_the_table_with_its_end_and_its_run():
    answer = searched(plan(*ALL))
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", render(answer).split('class="trials"')[1].split("</table>")[0])
    assert len(rows) == 1 + len(answer.trials)
    for one in answer.trials:
        (row,) = [row for row in rows if one.run in row]
        assert (one.end in row) == (one.end != "done")
        assert (one.reason in row) if one.reason else True


def test_curves_are_drawn_of_all_trials_the_best_on_top_and_pruned_ones_faint():
    answer = searched(plan(*ALL))
    page = Elements(render(answer).split('id="curves"')[1].split("</figure>")[0])
    kinds = [a["class"] for tag, a in page.found if tag == "path" and "curve" in (a.get("class") or "").split()]
    kinds = kinds[: len(answer.trials)]
    assert kinds[-1] == "curve line-best"
    assert kinds.count("curve line-cut") == sum(t.end != "done" for t in answer.trials)
    assert kinds.count("curve line-own") == 1
    assert kinds.count("curve line-top") == 4


def test_one_slice_for_each_hyperparameter_with_the_own_value_marked():
    page = Elements(render(searched(plan(*ALL))))
    assert len(page.of_class("line", "mine")) == len(ALL)
    assert [text for text in ("lr", "weight-decay", "dropout", "width", "optimizer") if text not in page.text] == []


def test_on_a_log_axis_equal_ratios_are_equally_far_apart():
    decades = [trial(n + 1, {"lr": 10.0**-n}, 1.0 + n) for n in range(1, 5)]
    answer = replace(searched(plan(LR)), trials=(trial(0, {}, 9.0), *decades), best=2)
    source = render(answer).split('id="slices"')[1].split("</figure>")[0]
    places = sorted(float(x) for x in re.findall(r'<circle class="dot (?:best|other)" cx="([\d.]+)"', source))
    steps = [round(b - a, 1) for a, b in pairwise(places)]
    assert len(steps) == 3
    assert max(steps) - min(steps) <= 0.2


def test_the_axis_of_the_metric_has_the_better_end_on_top():
    for higher in (False, True):
        answer = searched(plan(LR, higher_is_better=higher), trials=8, ends={})
        best = (max if higher else min)(answer.trials, key=lambda t: t.value)
        source = render(replace(answer, best=best.slot)).split('id="parallel"')[1]
        ends = re.findall(r'class="thread [^"]*" d="[^"]*L[\d.]+ ([\d.]+)"', source)
        assert float(ends[-1]) == min(map(float, ends))


def test_pairs_are_coloured_by_what_they_do():
    pairs = (Interaction("lr", "dropout", 0.3, replaces=True), Interaction("lr", "weight_decay", 0.1, replaces=False))
    answer = replace(searched(), interactions=pairs)
    page = Elements(render(answer))
    assert [r["opacity"] for r in page.of_class("rect", "replace") if "opacity" in r] == ["0.75"]
    assert [r["opacity"] for r in page.of_class("rect", "support") if "opacity" in r] == ["0.25"]


@pytest.fixture(scope="module")
def browser():
    with launched() as started:
        yield started


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1200])
def test_a_browser_draws_all_of_it(browser, tmp_path, scheme, width):
    source, size = render(searched(plan(*ALL)), full("a")), {"width": width, "height": 900}
    with opened(browser, tmp_path / "p.html", source, viewport=size, color_scheme=scheme) as page:
        figures = page.locator("figure .scroll svg")
        assert figures.count() == 10
        assert all(figures.nth(n).bounding_box()["width"] > 250 for n in range(10))
        best = page.locator("#curves ~ figure path.line-best").first
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert best.evaluate("e => getComputedStyle(e).stroke") != ground


@needs_browser
def test_nothing_of_a_hostile_search_runs_in_a_browser(browser, tmp_path):
    source, size = render(hostile(), full("a")), {"width": 420, "height": 900}
    with opened(browser, tmp_path / "p.html", source, viewport=size) as page:
        assert page.title().endswith("wellfit")
        assert page.locator("img, script").count() == 0


def test_a_long_name_is_cut_beside_an_axis_and_whole_elsewhere():
    name = "model.encoder.layers.dropout"
    source = render(searched(plan(LR, Knob(name, f"{name}=", low=0.0, high=1.0))))
    parallel = Elements(source.split('id="parallel"')[1].split("</figure>")[0]).text
    assert "…er.layers.dropout" in parallel
    assert name in Elements(source.split('id="slices"')[1]).text
