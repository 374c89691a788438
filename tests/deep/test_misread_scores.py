"""What printed numbers are computed of, by what constant answers are worth: each on both sides of the border."""

import pytest

from wellfit.catalogue import RULES
from wellfit.digest.folds import digest
from wellfit.digest.metric import misread_scores
from wellfit.judge import judge
from wellfit.model.events.deep import EvaluationPass, MetricTried, PrintedNumber
from wellfit.model.facts.deep import ReadScore
from wellfit.model.log import EventLog
from wellfit.model.rule import Verdict

FIRST = EvaluationPass(7, 400, 64, 16, of_all=0.1075, of_batches=0.1134, of_last=0.1875)
SECOND = EvaluationPass(7, 400, 64, 16, of_all=0.095, of_batches=0.0915, of_last=0.0625)
FIRST_CUT = EvaluationPass(5, 400, 81, 76, of_all=0.1075, of_batches=0.1083, of_last=0.1184)
SECOND_CUT = EvaluationPass(5, 400, 81, 76, of_all=0.095, of_batches=0.0953, of_last=0.1053)

CONSTANT, CUT = (FIRST, SECOND), (FIRST_CUT, SECOND_CUT)


def printed(
    constant: float | None, cut: float | None, *, perfect: float = 1.0, unit: float = 1e-4, percent: bool = False
) -> PrintedNumber:
    shuffled = 0.1 * (100 if percent else 1)
    return PrintedNumber("epoch # accuracy #", 1, percent, 0.9, perfect, shuffled, unit, constant, cut)


def misread(
    *numbers: PrintedNumber, cut: tuple[EvaluationPass, ...] = CUT, constant: tuple[EvaluationPass, ...] = CONSTANT
) -> list[ReadScore]:
    return list(misread_scores(MetricTried(None, 7, numbers, constant, cut)))


def test_a_mean_over_batches_is_read() -> None:
    (read,) = misread(printed(0.1134, 0.1083), printed(0.0915, 0.0953))
    assert (read.reading, read.seen, read.other, read.shown_by) == ("batches", FIRST, FIRST_CUT, 4)
    assert (read.read, read.of_all) == (0.1134, 0.1075)


def test_a_percentage_is_read_in_its_own_scale() -> None:
    (read,) = misread(
        printed(11.34, 10.83, perfect=100.0, unit=0.01, percent=True),
        printed(9.15, 9.53, perfect=100.0, unit=0.01, percent=True),
    )
    assert read.of_all == pytest.approx(10.75)


def test_the_last_batch_alone_is_read() -> None:
    (read,) = misread(printed(0.1875, 0.1184), printed(0.0625, 0.1053))
    assert read.reading == "last batch"


def test_one_final_score_needs_the_other_cut() -> None:
    assert misread(printed(0.0915, 0.0953), constant=CONSTANT)
    assert not misread(printed(0.0915, None), cut=())


def test_without_another_cut_each_pass_must_have_its_number() -> None:
    both = printed(0.1134, None), printed(0.0915, None)
    assert misread(*both, cut=())
    assert not misread(*both, cut=(), constant=(*CONSTANT, SECOND))


@pytest.mark.parametrize(
    "numbers",
    [
        (printed(0.1075, 0.1075), printed(0.095, 0.095)),  # of all samples
        (printed(0.1134, 0.1134), printed(0.0915, 0.0915)),  # the same in other batches
        (printed(0.1, 0.1), printed(0.1, 0.1)),  # a mean over the classes' own shares
        (printed(0.0194, 0.0194), printed(0.0174, 0.0174)),  # F1 over classes
        (printed(0.1134, 0.1083), printed(0.25, 0.0953)),  # one number of something else
        (printed(0.1134, None), printed(0.0915, None)),  # other lines in other batches
        (printed(0.1134, 0.1083, perfect=0.96), printed(0.0915, 0.0953)),  # not perfect for perfect answers
        (printed(0.11, 0.11, unit=0.01), printed(0.09, 0.1, unit=0.01)),  # nothing that can be seen in two digits
    ],
)
def test_other_numbers_are_not_read(numbers: tuple[PrintedNumber, ...]) -> None:
    assert not misread(*numbers)


def test_batches_of_one_size_weigh_alike() -> None:
    even = EvaluationPass(8, 400, 50, 50, of_all=0.1075, of_batches=0.1075, of_last=0.14)
    later = EvaluationPass(8, 400, 50, 50, of_all=0.095, of_batches=0.095, of_last=0.1)
    assert not misread(printed(0.1075, 0.1083), printed(0.095, 0.0953), constant=(even, later))


def test_the_part_of_the_variance_that_is_explained_may_lie_below_zero() -> None:
    one = EvaluationPass(4, 100, 32, 4, of_all=-0.01, of_batches=-0.42, of_last=-1.6)
    other = EvaluationPass(3, 100, 41, 18, of_all=-0.01, of_batches=-0.11, of_last=-0.3)
    number = PrintedNumber("R2 #", 0, False, 0.4, 1.0, -0.9, 0.01, -0.42, -0.11)
    (read,) = misread(number, constant=(one,), cut=(other,))
    assert read.reading == "batches"


def verdict(*numbers: PrintedNumber, cut: tuple[EvaluationPass, ...] = CUT, passes: int = 2) -> Verdict:
    log = EventLog((MetricTried(None, 7, numbers, CONSTANT[:passes], cut),))
    (rule,) = (rule for rule in RULES if rule.id == "WF752")
    (found,) = judge([rule], digest(log))
    return found


def test_a_score_of_all_samples_is_clear() -> None:
    assert verdict(printed(0.1075, 0.1075), printed(0.095, 0.095)).verdict == "clear"


def test_a_mean_over_batches_is_found_and_told_with_both_cuts() -> None:
    found = verdict(printed(0.1134, 0.1083), printed(0.0915, 0.0953))
    assert found.verdict == "found"
    assert "the mean of 7 batches" in found.findings[0].saw
    assert "cut into 5 batches the script prints 0.1083" in found.findings[0].saw


def test_what_was_not_printed_of_equal_answers_is_unseen() -> None:
    assert verdict(printed(None, None)).verdict == "unseen"
    assert verdict(printed(0.1134, 0.1083, perfect=0.9)).verdict == "unseen"


def test_one_pass_that_cannot_be_cut_is_unseen() -> None:
    assert verdict(printed(0.1075, None), cut=(), passes=1).verdict == "unseen"
