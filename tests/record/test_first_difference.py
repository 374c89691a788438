"""Two runs held against each other by what they told: what counts as the same, and what is named."""

from wellfit.digest.recorded import Recorded
from wellfit.keep.first_difference import first_difference
from wellfit.model.events.record import MetricSeen, TrainingBegan, WeightsHashed

BEGAN = TrainingBegan({"torch": 0}, {"torch": "s"}, False, 1, (), None, "w")


def recorded(name, source, points, weights="end"):
    """Points as (index, step, value)."""
    curve = tuple(MetricSeen(name, source, step, value, 0.0, index) for index, step, value in points)
    return Recorded((), None, (), {name: curve}, BEGAN, (), (WeightsHashed(weights, 9),))


def test_values_are_compared_by_their_place_where_others_were_written():
    one = recorded("loss", "printed", [(0, 0, 1.0), (400, 400, 0.5), (999, 999, 0.2)])
    assert first_difference(one, recorded("loss", "printed", [(0, 0, 1.0), (500, 500, 0.4), (999, 999, 0.2)])) is None
    other = first_difference(one, recorded("loss", "printed", [(0, 0, 1.0), (400, 400, 0.6), (999, 999, 0.2)]))
    assert (other.what, other.step) == ("metrics", 400)
    assert other.saw == "loss is 0.5 in the one and 0.6 in the other; the final weights are equal"


def test_a_value_too_few_is_a_difference():
    one = recorded("acc", "printed", [(0, 0, 1.0), (1, 1, 2.0)])
    found = first_difference(one, recorded("acc", "printed", [(0, 0, 1.0)]))
    assert found.saw.startswith("acc has 2 values in the one and 1 in the other")


def test_nan_is_like_nan():
    one = recorded("acc", "printed", [(0, 0, float("nan"))])
    assert first_difference(one, one) is None
    assert first_difference(one, recorded("acc", "printed", [(0, 0, 1.0)])) is not None


def test_a_progress_bar_shows_a_step_more_or_less_often():
    one = recorded("loss", "progress", [(0, 1, 0.9), (1, 1, 0.8), (2, 3, 0.7)])
    assert first_difference(one, recorded("loss", "progress", [(0, 1, 0.8), (1, 2, 0.75)])) is None
    found = first_difference(one, recorded("loss", "progress", [(0, 3, 0.6)]))
    assert (found.what, found.step) == ("metrics", 3)


def test_no_clock_has_to_come_back():
    one = recorded("runtime", "timed", [(0, 9, 1.25)])
    assert first_difference(one, recorded("runtime", "timed", [(0, 9, 1.5)])) is None
    assert first_difference(one, recorded("runtime", "timed", [(0, 9, 1.5)], weights="other")).what == "final weights"
