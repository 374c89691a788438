import base64
import hashlib
import html
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from building import PROGRAM, finding_in, found, report_of, write_program

from wellfit.model.change import Change
from wellfit.model.place import Place, Related
from wellfit.model.report import Curve, Fit, Report, Suppressed
from wellfit.model.rule import Fix, Verdict
from wellfit.report.html import headline, render
from wellfit.report.source import read_sources

VOID = {"meta", "link", "input", "br", "hr", "img"}
ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"
LOSS = Curve("loss", tuple(range(100)), tuple(2.3 / (1 + step / 10) for step in range(100)))
RATE = Curve("lr", tuple(range(100)), tuple(0.1 - step / 1000 for step in range(100)))


class Page(HTMLParser):
    """Collects elements and text, and refuses tags that are closed in the wrong order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.text.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag and all(a.get(k) == v for k, v in wanted.items())]

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def page_of(report: Report) -> Page:
    return Page(render(report, read_sources(report)))


def full_report(folder: Path, text: str = "seen") -> Report:
    file = write_program(folder)
    finding = finding_in(
        file,
        saw=text,
        why=text,
        fix=Fix(text, Place(file, 5, text), changes=(Change(file, 0, 0, text),), doubt=text),
        related=(Related(Place(file, 5, text), text),),
        first_step=3,
        count=2,
    )
    return report_of(
        found(finding, name=text),
        Verdict("WF201", text, "clear", "error"),
        Verdict("WF301", text, "unseen", "error", text),
        Verdict("WF401", text, "broken", "error", text),
        root=str(folder),
        script=text,
        curves=(Curve(text, (0, 1, 2), (1.0, math.nan, 2.0)), LOSS, RATE),
        notices=(text,),
        suppressed=(Suppressed("WF601", text, 3, text),),
        fit=Fit(text, text, 0.9, 0.8, (0.0, 0.1, 0.2), text, text, (512, 360), 80),
        elapsed_s=1.5,
        processes=2,
    )


def test_page_is_well_formed(tmp_path: Path) -> None:
    assert page_of(full_report(tmp_path)).all("html", lang="en")


def test_text_of_the_program_is_escaped_everywhere(tmp_path: Path) -> None:
    report = full_report(tmp_path, ATTACK)
    source = render(report, read_sources(report))
    page = Page(source)
    assert [a for t, a in page.elements if t == "script"] == [{}]
    assert not page.all("img")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "49" not in page.words()


def test_source_lines_are_escaped(tmp_path: Path) -> None:
    file = write_program(tmp_path, PROGRAM.replace("head(x)", f"head({ATTACK!r})"))
    page = page_of(report_of(found(finding_in(file))))
    assert len(page.all("script")) == 1
    assert "<script>alert(1)</script>" in page.words()


def test_page_loads_nothing(tmp_path: Path) -> None:
    report = full_report(tmp_path)
    source = render(report, read_sources(report))
    loads = [
        v for _, a in Page(source).elements for k, v in a.items() if k in {"src", "href", "srcset", "action", "data"}
    ]
    assert all(target.startswith("#") or target == "data:," for target in loads if target)
    assert not re.search(r"url\(|@import|https?:", source)


def test_policy_allows_no_script_but_ours(tmp_path: Path) -> None:
    source = render(report_of(), read_sources(report_of()))
    script = source.split("<script>")[1].split("</script>")[0]
    wanted = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = Page(source).all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert f"script-src 'sha256-{wanted}'" in policy
    assert policy.startswith("default-src 'none'")


def test_finding_shows_its_edit(tmp_path: Path) -> None:
    page = page_of(report_of(found(finding_in(write_program(tmp_path)))))
    assert "removed: return F.softmax(head(x), dim=-1)" in page.words()
    assert "added: return head(x)" in page.words()


def test_finding_shows_its_line_where_the_edit_stands_elsewhere(tmp_path: Path) -> None:
    page = page_of(report_of(found(finding_in(write_program(tmp_path)))))
    assert len(page.all("figure", **{"class": "excerpt"})) == 2


def test_finding_without_source_has_no_excerpt() -> None:
    assert not page_of(report_of(found(finding_in("/gone.py")))).all("figure")


def test_finding_is_marked_on_every_drawing(tmp_path: Path) -> None:
    page = page_of(report_of(found(finding_in("/gone.py", first_step=3)), curves=(LOSS, RATE)))
    assert len(page.all("g", **{"class": "mark error"})) == 2


def test_finding_of_unknown_step_is_not_marked() -> None:
    assert not page_of(report_of(found(finding_in("/gone.py")), curves=(LOSS,))).all("g")


def test_learning_rates_share_one_drawing() -> None:
    page = page_of(report_of(curves=(LOSS, RATE, Curve("lr[1]", RATE.steps, (0.5,) * 100))))
    assert len(page.all("figure")) == 2


def test_drawing_is_told_in_words() -> None:
    label = page_of(report_of(curves=(LOSS,))).all("svg")[0]["aria-label"]
    assert label == "Loss over optimizer steps. loss: 2.3 at step 0, 0.211 at step 99, lowest 0.211 at step 99."


@pytest.mark.parametrize(
    "values", [(), (math.nan,), (math.inf, -math.inf), (0.0,), (1e308, -1e308), (5e-324, 1e308), (3.0,) * 9]
)
def test_any_curve_is_drawn(values: tuple[float, ...]) -> None:
    source = render(report_of(curves=(Curve("loss", tuple(range(len(values))), values),)), read_sources(report_of()))
    drawn = " ".join(v for _, a in Page(source).elements for k, v in a.items() if k in {"d", "x1", "cx", "y"} and v)
    assert not re.search("nan|inf", drawn)


def test_every_rule_stands_in_the_table(tmp_path: Path) -> None:
    rows = [a["data-kind"] for a in page_of(full_report(tmp_path)).all("tr") if "data-kind" in a]
    assert rows == ["found", "clear", "unseen", "broken"]


def test_table_filters_by_the_kinds_that_occur() -> None:
    page = page_of(report_of(Verdict("WF201", "a", "clear", "error")))
    assert [a["id"] for a in page.all("input")] == ["show-all", "show-clear"]


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (report_of(found(finding_in("/a.py"), finding_in("/b.py", severity="note"))), "1 error, 1 note"),
        (report_of(Verdict("WF201", "a", "clear", "error")), "Nothing found"),
        (
            report_of(Verdict("WF201", "a", "unseen", "error", "torch was never imported")),
            "No rule saw all that it needs",
        ),
    ],
)
def test_headline_is_the_outcome(report: Report, words: str) -> None:
    assert headline(report) == words


def test_million_steps_make_a_small_page() -> None:
    steps = tuple(range(0, 1_000_000, 10))
    curve = Curve("loss", steps, tuple(math.sin(step) for step in steps))
    assert len(render(report_of(curves=(curve,)), read_sources(report_of()))) < 100_000


def style_themes() -> dict[str, dict[str, str]]:
    style = html.unescape(render(report_of(), read_sources(report_of()))).split("<style>")[1]
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    return {name: dict(re.findall(r"--([\w-]+): (#\w{6})", text)) for name, text in (("light", light), ("dark", dark))}


def luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *(("ink", ground) for ground in ("page", "card", "code", "old", "new", "hit")),
        *(("soft", ground) for ground in ("page", "card", "code", "old", "new", "hit")),
        *((kind, f"{kind}-wash") for kind in ("error", "warning", "note", "clear", "unseen", "broken")),
        *(("card", severity) for severity in ("error", "warning", "note")),
    ],
)
def test_words_stand_out_from_their_ground(theme: str, ink: str, ground: str) -> None:
    colors = style_themes()[theme]
    assert contrast(colors[ink], colors[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("line", ["c0", "c1", "c2", "c3", "c4", "c5"])
def test_curves_stand_out_from_their_ground(theme: str, line: str) -> None:
    colors = style_themes()[theme]
    assert contrast(colors[line], colors["card"]) >= 3.0
