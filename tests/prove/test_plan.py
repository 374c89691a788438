"""How a budget becomes steps and pairs: both sides of each threshold."""

import pytest

from wellfit.model.cure import Cure
from wellfit.prove.plan import ENOUGH_STEPS, FEWEST_STEPS, MOST_STEPS, Pace, Plan, make_plan

CURE = Cure("clear_gradients", None)
RUNS = 7
"""Three pairs and one more run."""


def planned(budget_s: float, *, steps: int = 1000, start_s: float = 0.0, step_s: float = 1.0) -> Plan:
    plan = make_plan([CURE], Pace(steps, start_s, steps * step_s), budget_s=budget_s, seeds=3)
    assert plan is not None
    return plan


def length(plan: Plan) -> int:
    return plan.train_steps + plan.score_steps


def test_a_large_budget_is_not_used_up() -> None:
    assert length(planned(10_000.0)) == MOST_STEPS
    assert length(planned(10_000.0, steps=100)) == 100


def test_first_there_are_fewer_steps() -> None:
    plan = planned(RUNS * 100.0)
    assert length(plan) == 100
    assert plan.expected_s == pytest.approx(RUNS * 100.0)


def test_then_fewer_pairs_are_expected_to_end() -> None:
    plan = planned(RUNS * (ENOUGH_STEPS - 1.0))
    assert length(plan) >= ENOUGH_STEPS
    assert plan.seeds == 3


def test_steps_are_what_the_start_of_each_run_leaves() -> None:
    assert length(planned(RUNS * 100.0, start_s=20.0)) == 80


def test_a_start_that_takes_the_budget_leaves_the_fewest_steps() -> None:
    assert length(planned(30.0, start_s=20.0)) == FEWEST_STEPS


@pytest.mark.parametrize("steps", [0, FEWEST_STEPS - 1])
def test_a_run_too_short_is_not_planned(steps: int) -> None:
    assert make_plan([CURE], Pace(steps, 1.0, 1.0), budget_s=60.0, seeds=3) is None
