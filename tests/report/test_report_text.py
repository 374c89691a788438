from dataclasses import replace
from pathlib import Path

import pytest
from building import finding_in, found, report_of, write_program

from wellfit.model.report import Fit, Report, Suppressed
from wellfit.model.rule import Verdict
from wellfit.report.source import read_sources
from wellfit.report.terminal import wants_color
from wellfit.report.text import render

CLEAR = Verdict("WF201", "gradients-not-cleared", "clear", "error")


def shown(report: Report, *, width: int = 100, color: bool = False) -> str:
    return render(report, read_sources(report), width=width, color=color)


def test_whole_report(tmp_path: Path) -> None:
    report = report_of(
        found(finding_in(write_program(tmp_path), count=8)),
        CLEAR,
        Verdict("WF701", "a", "unseen", "error", "no evaluation ran"),
        Verdict("WF702", "b", "unseen", "error", "no evaluation ran"),
        Verdict("WF301", "c", "broken", "error", "KeyError: 'lr' (rule.py:31)"),
        root=str(tmp_path),
        notices=("the log is cut",),
        suppressed=(Suppressed("WF601", str(tmp_path / "digits.py"), 3, "one class a day"),),
        fit=Fit("overfitting", "accuracy", 0.97, 0.88, (0.06, 0.09, 0.12)),
    )
    assert (
        shown(report)
        == """\
 87 steps watched, 8 of them in full · 5 rules: 1 found, 1 clear, 2 unseen, 1 broken

 digits.py:9  WF101 softmax-before-cross-entropy   error
   saw     every row lies in [0, 1] and sums to 1 (512 of 512 rows, 8 steps)  (8 times)
           made by softmax: digits.py:5 in forward
   why     cross_entropy applies log-softmax itself
   fix     return the raw scores  digits.py:5
           5 -     return F.softmax(head(x), dim=-1)
           5 +     return head(x)

   clear   1 rule
   unseen  no evaluation ran: WF701 WF702
   broken  WF301 c: KeyError: 'lr' (rule.py:31)
   silent  digits.py:3 WF601 ignored: one class a day
   fit     accuracy: train 0.97, validation 0.88: overfitting (gap 0.09, interval 0.06 .. 0.12)
   notice  the log is cut
"""
    )


def test_nothing_found_is_said() -> None:
    assert "1 rule: nothing found" in shown(report_of(CLEAR))


def test_nothing_found_is_not_said_where_nothing_was_seen() -> None:
    text = shown(report_of(Verdict("WF701", "a", "unseen", "error", "torch was never imported")))
    assert "nothing found" not in text
    assert "no rule saw all that it needs" in text


def test_run_without_steps_is_said() -> None:
    assert "no optimizer step was watched" in shown(report_of(CLEAR, steps=0, sampled_steps=0))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (3, "the script ended with exit code 3"),
        (-9, "the script was killed by SIGKILL"),
        (-250, "the script was killed by signal 250"),
    ],
)
def test_bad_end_is_said(code: int, sentence: str) -> None:
    assert sentence in shown(report_of(CLEAR, exit_code=code))


@pytest.mark.parametrize("code", [0, None])
def test_good_end_is_not_said(code: int | None) -> None:
    assert "the script" not in shown(report_of(CLEAR, exit_code=code))


def test_severity_of_a_finding_stands_before_that_of_its_rule() -> None:
    assert "softmax-before-cross-entropy   note" in shown(report_of(found(finding_in("/gone.py", severity="note"))))


@pytest.mark.parametrize("width", [1, 40, 60, 100, 200])
def test_plain_text_keeps_to_its_width(tmp_path: Path, width: int) -> None:
    text = shown(report_of(found(finding_in(write_program(tmp_path), saw="x" * 500 + " y" * 200))), width=width)
    assert max(map(len, text.splitlines())) <= max(width, 40)


def test_narrow_text_loses_no_character(tmp_path: Path) -> None:
    text = shown(report_of(found(finding_in(write_program(tmp_path), saw="x" * 500))), width=50)
    assert text.count("x") >= 500


def test_plain_text_has_no_escape_sequence(tmp_path: Path) -> None:
    assert "\x1b" not in shown(report_of(found(finding_in(write_program(tmp_path)))))


def test_coloured_text_has_escape_sequences(tmp_path: Path) -> None:
    assert "\x1b[" in shown(report_of(found(finding_in(write_program(tmp_path)))), color=True)


def test_strings_of_the_program_cannot_move_the_cursor() -> None:
    text = shown(report_of(found(finding_in("/a\x1b[2J.py", saw="bell \a and \x1b]0;title\x07 \u202e"))))
    assert not set("\x1b\a\u202e") & set(text)


def test_square_brackets_are_no_markup() -> None:
    assert "[bold]loss[/bold]" in shown(report_of(found(finding_in("/gone.py", saw="[bold]loss[/bold]"))))


@pytest.mark.parametrize(
    ("is_terminal", "environment", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_wanted(is_terminal: bool, environment: dict[str, str], wanted: bool) -> None:
    assert wants_color(is_terminal=is_terminal, environment=environment) is wanted


def test_unsafe_edit_says_why(tmp_path: Path) -> None:
    finding = finding_in(write_program(tmp_path))
    unsafe = replace(finding, fix=replace(finding.fix, doubt="line 3 reads shares"))
    assert "unsafe: line 3 reads shares" in shown(report_of(found(unsafe)))
    assert "unsafe:" not in shown(report_of(found(finding)))
