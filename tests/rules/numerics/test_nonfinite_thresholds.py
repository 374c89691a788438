"""The cause of a bad loss, on facts written by hand, on both sides of each threshold."""

from dataclasses import replace

import pytest

from wellfit.model.events.numerics import (
    GradientBecameNonfinite,
    LossBecameNonfinite,
    NonfiniteInput,
    Origin,
    OriginLocated,
)
from wellfit.model.facts.numerics import LOSS_GROWTH, PARAMETER_GROWTH, NonfiniteStart
from wellfit.model.place import Place
from wellfit.model.rule import Finding, Unseen
from wellfit.rules.numerics.first_nonfinite_tensor.rule import MIN_LOSSES, first_nonfinite_tensor
from wellfit.rules.numerics.nonfinite_input.rule import nonfinite_input

LINE = Place("train.py", 9, "forward")
BACKWARD = Place("train.py", 20, "<module>")
LOG = Origin("log", "operation", "3 of 16 values of its input are 0", None)
LOSS = LossBecameNonfinite(4, "nan", "float32", BACKWARD, None, (1.0, 1.0, 1.1, 0.9), 4, 0, 1.1, (), LOG, "")
START = NonfiniteStart(LOSS, None, (OriginLocated(5, "loss", "log", LINE),), MIN_LOSSES, 10, latest=True)
GAP = NonfiniteInput("input 0", (8, 3), 1, 0, 8, 1, (2,))


def with_loss(**changes: object) -> NonfiniteStart:
    return replace(START, loss=replace(LOSS, **changes))


def test_operation_is_named_by_its_line() -> None:
    (finding,) = first_nonfinite_tensor.function(START)
    assert isinstance(finding, Finding)
    assert finding.where == LINE


@pytest.mark.parametrize(("last", "cause"), [(LOSS_GROWTH * 0.9, "operation"), (LOSS_GROWTH * 1.1, "divergence")])
def test_losses_that_had_grown_far_are_divergence(last: float, cause: str) -> None:
    assert with_loss(losses_before=(1.0, 1.0, 1.0, last)).cause == cause


@pytest.mark.parametrize(
    ("growth", "cause"), [(PARAMETER_GROWTH * 0.9, "operation"), (PARAMETER_GROWTH * 1.1, "divergence")]
)
def test_parameters_that_had_grown_far_are_divergence(growth: float, cause: str) -> None:
    assert with_loss(parameter_growth=growth).cause == cause


def test_divergence_is_no_finding_of_either_rule() -> None:
    start = with_loss(parameter_growth=1e9)
    assert [*first_nonfinite_tensor.function(start), *nonfinite_input.function(start)] == []


def test_bad_data_belongs_to_the_input_rule_alone() -> None:
    start = with_loss(inputs=(GAP,), origin=Origin("addmm", "data", "", None))
    (finding,) = nonfinite_input.function(start)
    assert isinstance(finding, Finding)
    assert list(first_nonfinite_tensor.function(start)) == []


def test_gaps_that_the_model_fills_are_not_blamed_for_its_logarithm() -> None:
    assert with_loss(inputs=(GAP,)).cause == "operation"


def test_data_spoiled_by_an_operation_of_the_loop_belongs_to_the_operation() -> None:
    start = with_loss(inputs=(GAP,), origin=Origin("addmm", "data", "", None))
    start = replace(start, located=(OriginLocated(5, "result", "div", LINE),))
    (finding,) = first_nonfinite_tensor.function(start)
    assert isinstance(finding, Finding)
    assert finding.where == LINE
    assert list(nonfinite_input.function(start)) == []


def test_bad_gradient_before_a_bad_loss_is_the_cause() -> None:
    gradient = GradientBecameNonfinite(3, 0.5, 4, 4, (), BACKWARD, Origin("sqrt", "operation", "", None))
    start = with_loss(origin=Origin("", "parameter", "", None), nonfinite_parameters=4)
    start = replace(start, gradient=gradient, located=(OriginLocated(4, "gradient", "sqrt", LINE),))
    (finding,) = first_nonfinite_tensor.function(start)
    assert isinstance(finding, Finding)
    assert (finding.where, finding.first_step) == (LINE, 3)


@pytest.mark.parametrize(("losses", "latest", "kind"), [
    (MIN_LOSSES - 1, False, Unseen), (MIN_LOSSES - 1, True, Finding), (MIN_LOSSES, False, Finding),
])  # fmt: skip
def test_losses_that_the_program_went_on_from_are_not_found(losses: int, latest: bool, kind: type) -> None:
    (answer,) = first_nonfinite_tensor.function(replace(START, losses=losses, latest=latest))
    assert isinstance(answer, kind)


def test_finite_losses_are_clear() -> None:
    start = NonfiniteStart(None, None, (), 0, 10, latest=False)
    assert [*first_nonfinite_tensor.function(start), *nonfinite_input.function(start)] == []
