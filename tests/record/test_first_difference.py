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


def weighed(*hashes):
    """Hashes as (hash, step, model, at)."""
    return Recorded((), None, (), {}, BEGAN, (), tuple(WeightsHashed(*h) for h in hashes))


def test_weights_are_compared_where_both_were_hashed_and_the_first_difference_has_a_bracket():
    one = weighed(("a", 8, 0, "step"), ("b", 16, 0, "step"), ("x", 20, 0, "evaluation"), ("c", 32, 0, "step"))
    assert first_difference(one, weighed(("a", 8, 0, "step"), ("y", 25, 0, "evaluation"))) is None
    found = first_difference(one, weighed(("a", 8, 0, "step"), ("b", 16, 0, "step"), ("z", 32, 0, "step")))
    assert (found.what, found.step) == ("training", 32)
    assert found.saw == "the weights differ after 32 steps; after 16 they are equal"


def test_each_model_has_a_bracket_of_its_own():
    one = weighed(("a", 8, 0, "step"), ("b", 8, 1, "step"))
    found = first_difference(one, weighed(("a", 8, 0, "step"), ("z", 8, 1, "step")))
    assert found.saw == "the weights of model 1 differ after 8 steps"


def test_what_a_model_came_to_after_other_steps_is_a_difference_of_steps():
    found = first_difference(weighed(("a", 90, 0, "end")), weighed(("b", 80, 0, "end")))
    assert (found.what, found.saw) == ("steps", "90 optimizer steps in the one, 80 in the other")


def test_evaluations_are_compared_where_both_were_scored():
    one = recorded("val_loss", "evaluation", [(0, 10, 0.9), (1, 20, 0.8), (2, 40, 0.7)])
    assert first_difference(one, recorded("val_loss", "evaluation", [(0, 10, 0.9), (1, 30, 0.6)])) is None
    found = first_difference(one, recorded("val_loss", "evaluation", [(0, 10, 0.9), (1, 40, 0.6)]))
    assert (found.what, found.step) == ("metrics", 40)
