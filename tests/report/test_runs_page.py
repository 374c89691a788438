"""The page of two runs: escaped, offline, and drawn, as a real browser sees it where there is one."""

import re

import pytest
from browsing import ATTACK, hold_escaped, hold_offline, launched, needs_browser, opened
from recorded import FIRST, SECOND, full, metric, option, run

from wellfit.model.comparison import Comparison
from wellfit.model.record import VerdictKept
from wellfit.model.report import Curve
from wellfit.report.patch import LONGEST_LINE, MOST_LINES, patch_of
from wellfit.report.runs_page import render
from wellfit.runs.compare import compare

PATCH = """diff --git a/train.py b/train.py
index 1..2 100644
--- a/train.py
+++ b/train.py
@@ -1,2 +1,2 @@
 same
-old = 1
+new = 2
--- a comment that was removed
untracked extra.py abc
"""


def hostile() -> Comparison:
    curves = ({ATTACK: Curve(ATTACK, (0, 1, 2), (3.0, 2.0, 1.0))}, {ATTACK: Curve(ATTACK, (0, 1, 2), (4.0, 2.0, 0.5))})
    attack = f"diff --git {ATTACK}\n+{ATTACK}\n-{ATTACK}\n{ATTACK}"
    return compare(full(ATTACK), full(f"{ATTACK}2", SECOND), curves=curves, patches=(attack, attack))


def drawn() -> Comparison:
    steps = tuple(range(50))
    loss = Curve("loss", steps, tuple(1 / (1 + s) for s in steps))
    accuracy = Curve("accuracy", steps, tuple(s / 50 for s in steps))
    first = run(options=(option("lr", 0.1), option("same", 1)), metrics=(metric("loss", 0.02, higher_is_better=False),))
    second = run(
        id=SECOND,
        options=(option("lr", 0.2), option("same", 1), option("long", "/" + "x" * 3_000)),
        metrics=(metric("loss", 0.03, higher_is_better=False), metric("accuracy", 0.98)),
    )
    other = Curve("loss", steps, tuple(2 / (1 + s) for s in steps))
    return compare(first, second, curves=({"loss": loss}, {"loss": other, "accuracy": accuracy}), patches=("", PATCH))


def test_what_a_record_holds_is_text_and_nothing_else():
    hold_escaped(render(hostile()))


def test_the_page_loads_nothing():
    hold_offline(render(drawn()))


def test_each_run_has_one_colour_in_every_drawing():
    source = render(drawn())
    alone = source.split('aria-label="accuracy"')[1].split("</section>")[0]
    assert 'class="curve s1"' in alone
    assert 'class="curve s0"' not in alone


def test_equal_patches_stand_under_their_own_runs():
    page = render(compare(run(), run(id=SECOND), patches=(PATCH, PATCH)))
    assert re.findall(r"Local changes of <span class=\"mono\">([^<]*)", page) == [FIRST, SECOND]


def test_every_finding_and_note_of_a_run_is_shown():
    found = tuple(VerdictKept(f"WF{n}", f"rule-{n}", "found", f"a.py:{n}") for n in (201, 202))
    page = render(compare(run(notes=("one note", "another note"), verdicts=found), run(id=SECOND)))
    shown = ("one note", "another note", "WF201 rule-201 at a.py:201", "WF202 rule-202 at a.py:202")
    assert [text for text in shown if text not in page] == []


def test_the_lines_of_a_patch_have_their_kinds():
    kinds = [kind for kind, _ in patch_of("a", PATCH).lines]
    assert kinds == ["file", "head", "head", "head", "hunk", "same", "old", "new", "old", "file"]
    assert patch_of("a", PATCH).said == "2 files, 1 line added, 2 removed"
    assert patch_of("a", "").lines == ()


def test_a_patch_without_end_is_cut_and_that_is_said():
    patch = patch_of("a", "+x\n" * (MOST_LINES + 10) + "+" + "y" * 10 * LONGEST_LINE)
    assert len(patch.lines) == MOST_LINES
    assert patch.left_out == "11 more lines: the patch lies in the record"
    assert not patch.is_short
    ((_, line),) = patch_of("a", "+" + "y" * 10 * LONGEST_LINE).lines
    assert line.endswith(f"({10 * LONGEST_LINE + 1:,} characters)")
    assert len(line) < LONGEST_LINE + 40


@pytest.fixture(scope="module")
def browser():
    with launched() as started:
        yield started


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1200])
def test_a_browser_draws_the_curves(browser, tmp_path, scheme, width):
    size = {"width": width, "height": 900}
    with opened(browser, tmp_path / "p.html", render(drawn()), viewport=size, color_scheme=scheme) as page:
        drawn_paths = page.locator("figure .scroll path.curve")
        assert drawn_paths.count() == 3
        assert all(drawn_paths.nth(n).bounding_box()["width"] > 100 for n in range(3))
        colours = "[getComputedStyle(document.body).color, getComputedStyle(document.body).background]"
        ink, ground = page.evaluate(colours)
        assert ink.split(")")[0] != ground.split(")")[0]


@needs_browser
def test_nothing_of_a_hostile_record_runs_in_a_browser(browser, tmp_path):
    with opened(browser, tmp_path / "p.html", render(hostile())) as page:
        assert page.title().endswith("wellfit")
        assert page.locator("img, script").count() == 0
