"""The page of two runs: escaped, offline, and drawn, as a real browser sees it where there is one."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from recorded import FIRST, SECOND, full, metric, option, run

from wellfit.model.comparison import Comparison
from wellfit.model.record import VerdictKept
from wellfit.model.report import Curve
from wellfit.report.patch import LONGEST_LINE, MOST_LINES, patch_of
from wellfit.report.runs_page import render
from wellfit.runs.compare import compare

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
needs_browser = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: the page cannot be opened in one")

ATTACK = (
    "</style></pre></code></title>\"'><script>document.title='taken'</script>"
    "<img src=x onerror=\"document.title='taken'\"><svg onload=alert(1)>{{ 7*7 }}{% raw %}\u202egnp\u2066\x1b[31m"
)
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


class Elements(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_a_record_holds_is_text_and_nothing_else():
    page = Elements(render(hostile()))
    assert not [tag for tag, _ in page.found if tag in {"script", "img", "iframe", "object", "form", "a"}]
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]
    assert [tag for tag, _ in page.found].count("style") == 1
    assert "<script>document.title='taken'</script>" in page.text
    assert "{{ 7*7 }}" in page.text


def test_no_character_reorders_a_line_of_the_page():
    source = render(hostile())
    assert not {"\u202e", "\u2066", "\x1b"} & set(source)
    assert "\\u202egnp" in source


def test_the_page_loads_nothing():
    source = render(drawn())
    loads = {v for _, a in Elements(source).found for k, v in a.items() if k in {"src", "href", "srcset", "action"}}
    assert loads == {"data:,"}
    assert not re.search(r"url\(|@import|https?:", source)
    assert "default-src 'none'" in source


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
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def opened(browser, file: Path, compared: Comparison, **how):
    """The page in a browser, with what it asked for and what it complained of."""
    file.write_text(render(compared), encoding="utf-8")
    page = browser.new_page(**how)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    return page, asked, said


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1200])
def test_a_browser_draws_the_curves_and_complains_of_nothing(browser, tmp_path, scheme, width):
    size = {"width": width, "height": 900}
    page, asked, said = opened(browser, tmp_path / "p.html", drawn(), viewport=size, color_scheme=scheme)
    assert (said, [url for url in asked if not url.startswith(("file:", "data:"))]) == ([], [])
    drawn_paths = page.locator("figure .scroll path.curve")
    assert drawn_paths.count() == 3
    assert all(drawn_paths.nth(n).bounding_box()["width"] > 100 for n in range(3))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ink, ground = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).background]")
    assert ink.split(")")[0] != ground.split(")")[0]
    page.close()


@needs_browser
def test_nothing_of_a_hostile_record_runs_in_a_browser(browser, tmp_path):
    page, asked, said = opened(browser, tmp_path / "p.html", hostile())
    assert page.title().endswith("wellfit")
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("img, script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
