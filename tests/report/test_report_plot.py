import math

import pytest

from wellfit.model.report import Curve
from wellfit.report.axis import MOST_TICKS, number, step_axis, value_axis
from wellfit.report.plot import HEIGHT, MOST_LINES, MOST_POINTS, fold, plot, summarize


def curve_of(*values: float, name: str = "loss") -> Curve:
    return Curve(name, tuple(range(len(values))), values)


def test_short_curve_keeps_every_point() -> None:
    assert [(p.step, p.mean) for p in fold(curve_of(3.0, 2.0, 1.0))] == [(0, 3.0), (1, 2.0), (2, 1.0)]


def test_long_curve_is_folded_without_losing_its_extremes() -> None:
    values = [math.sin(n) for n in range(100_000)]
    values[54_321] = 40.0
    points = fold(curve_of(*values))
    assert len(points) <= MOST_POINTS
    assert max(p.high for p in points) == 40.0


def test_steps_in_any_order_are_sorted() -> None:
    assert [p.step for p in fold(Curve("loss", (5, 1, 3), (0.0, 1.0, 2.0)))] == [1, 3, 5]


def test_not_finite_value_cuts_the_line() -> None:
    path = plot("Loss", [curve_of(1.0, 2.0, math.nan, 3.0, 4.0)], []).lines[0].path
    assert path.count("M") == 2


def test_first_not_finite_value_is_marked_once() -> None:
    assert len(plot("Loss", [curve_of(1.0, math.inf, math.nan, 3.0)], []).not_finite) == 1


def test_lone_point_between_gaps_is_dotted() -> None:
    values = [math.nan if n % 2 else 1.0 for n in range(101)]
    assert len(plot("Loss", [curve_of(*values)], []).lines[0].dots) == 51


def test_loss_over_decades_is_drawn_on_a_log_scale() -> None:
    assert plot("Loss", [curve_of(100.0, 1.0, 0.01)], []).is_log


@pytest.mark.parametrize("values", [(2.3, 1.0, 0.5), (100.0, 0.0), (100.0, -1.0)])
def test_other_losses_are_drawn_on_a_linear_scale(values: tuple[float, ...]) -> None:
    assert not plot("Loss", [curve_of(*values)], []).is_log


def test_equal_curves_are_drawn_once() -> None:
    drawn = plot("Learning rate", [curve_of(1.0, 2.0, name="lr"), curve_of(1.0, 2.0, name="lr[1]")], [])
    assert [line.name for line in drawn.lines] == ["lr and 1 equal"]


def test_curves_beyond_those_told_apart_are_counted() -> None:
    drawn = plot("Learning rate", [curve_of(float(n), name=f"lr[{n}]") for n in range(20)], [])
    assert (len(drawn.lines), drawn.left_out) == (MOST_LINES, 20 - MOST_LINES)


def test_marks_at_one_step_stand_beside_each_other() -> None:
    marks = plot("Loss", [curve_of(*range(100))], [(1, 0), (2, 0), (3, 99)]).marks
    assert [(m.number, m.level) for m in marks] == [(1, 0), (2, 1), (3, 0)]


def test_mark_beyond_the_curve_stands_at_its_end() -> None:
    drawn = plot("Loss", [curve_of(1.0, 2.0)], [(1, 500)])
    assert drawn.marks[0].x == drawn.lines[0].readings[-1][0]


def test_summary_counts_what_is_not_finite() -> None:
    assert summarize(curve_of(2.0, math.nan, 1.0)) == (
        "loss: 2 at step 0, 1 at step 2, lowest 1 at step 2, not finite at 1 of 3 steps."
    )


def test_summary_of_no_finite_value() -> None:
    assert summarize(curve_of(math.nan)) == "loss: no finite value."


@pytest.mark.parametrize(
    "values", [(0.0, 1.0), (1e-9, 1.0), (-3.0, 7.0), (5.0, 5.0), (1e-5, 3e-5), (-1e300, 1e300), (2.0, 80.0)]
)
def test_ticks_are_few_and_within_the_axis(values: tuple[float, ...]) -> None:
    ticks = value_axis(values, start=HEIGHT, end=0).ticks()
    assert 1 <= len(ticks) <= MOST_TICKS + 2
    assert all(0 <= tick.at <= HEIGHT for tick in ticks)


def test_single_step_has_an_axis() -> None:
    assert step_axis([7], start=0, end=100).at(7) == 0


@pytest.mark.parametrize(
    ("value", "text"), [(1000, "1,000"), (0.001, "0.001"), (1e-5, "1e-05"), (2.30259, "2.303"), (0.0, "0")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text
