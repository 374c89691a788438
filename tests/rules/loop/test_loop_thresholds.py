"""Loop rules on facts written by hand, on both sides of each threshold."""

from dataclasses import replace

import pytest

from wellfit.model.events.loop import CycleSeen, TrainingModeSeen
from wellfit.model.facts.loop import OptimizerCycles, TrainingModes
from wellfit.model.place import Place
from wellfit.model.rule import Finding, Unseen
from wellfit.rules.loop.eval_mode_never_undone.rule import eval_mode_never_undone
from wellfit.rules.loop.gradients_not_cleared.rule import gradients_not_cleared
from wellfit.rules.loop.step_before_backward.rule import step_before_backward
from wellfit.rules.loop.training_in_eval_mode_from_start.rule import training_in_eval_mode_from_start
from wellfit.rules.loop.zero_grad_between_backward_and_step.rule import zero_grad_between_backward_and_step

BACKWARD, CLEARED, STEP, EVAL = (Place("train.py", n, "train") for n in (7, 8, 9, 20))
HEALTHY = CycleSeen(
    step=1,
    optimizer=0,
    kind="SGD",
    complete=True,
    backwards=1,
    reached=1,
    forwards=1,
    forwards_before=1,
    kept=False,
    kept_peak=0.0,
    cleared=False,
    forwards_since_cleared=0,
    gradients="fresh",
    moved=True,
    shared=False,
    closure=False,
    backward_at=BACKWARD,
    cleared_at=None,
    step_at=STEP,
)
KEPT = replace(HEALTHY, kept=True, kept_peak=0.5)
THROWN_AWAY = replace(HEALTHY, cleared=True, cleared_at=CLEARED, gradients="none", moved=False)
TOO_EARLY = replace(THROWN_AWAY, forwards_since_cleared=1)
NO_BACKWARD = replace(HEALTHY, backwards=0, reached=0, gradients="none", moved=False, backward_at=None)
LATE = replace(HEALTHY, forwards_before=0)
OFF = TrainingModeSeen(5, 0, "Net", False, {"Dropout": 1}, True, True, STEP, EVAL)
OFF_FROM_START = replace(OFF, trained_before=False, evaluated=False)


def judge_cycles(rule, *cycles):
    return list(rule.function(OptimizerCycles({0: cycles})))


def judge_modes(rule, *seen):
    return list(rule.function(TrainingModes({0: seen})))


@pytest.mark.parametrize(
    ("rule", "ill", "where"),
    [
        (gradients_not_cleared, KEPT, BACKWARD),
        (zero_grad_between_backward_and_step, THROWN_AWAY, CLEARED),
        (step_before_backward, TOO_EARLY, STEP),
        (step_before_backward, NO_BACKWARD, STEP),
        (step_before_backward, LATE, STEP),
    ],
    ids=["kept", "thrown away", "too early", "no backward", "late"],
)
class TestRepetition:
    def test_three_cycles_are_found_at_the_line(self, rule, ill, where):
        (finding,) = judge_cycles(rule, ill, ill, ill)
        assert isinstance(finding, Finding)
        assert (finding.where, finding.count) == (where, 3)

    def test_two_cycles_are_not_enough(self, rule, ill, where):
        assert not [a for a in judge_cycles(rule, ill, ill) if isinstance(a, Finding)]

    def test_mostly_healthy_cycles_excuse_the_rest(self, rule, ill, where):
        assert not judge_cycles(rule, *[ill] * 3, *[HEALTHY] * 4)


def test_half_of_the_cycles_kept_is_enough():
    assert [a.count for a in judge_cycles(gradients_not_cleared, *[KEPT] * 3, *[HEALTHY] * 3)] == [3]


def test_one_healthy_cycle_in_ten_does_not_excuse_clearing_too_late():
    found = judge_cycles(zero_grad_between_backward_and_step, *[THROWN_AWAY] * 9, HEALTHY)
    assert [a.count for a in found] == [9]


def test_two_healthy_cycles_in_ten_excuse_clearing_too_late():
    assert not judge_cycles(zero_grad_between_backward_and_step, *[THROWN_AWAY] * 8, *[HEALTHY] * 2)


def test_a_forward_after_the_clearing_belongs_to_the_other_rule():
    assert not judge_cycles(zero_grad_between_backward_and_step, *[TOO_EARLY] * 3)
    assert not judge_cycles(step_before_backward, *[THROWN_AWAY] * 3)


@pytest.mark.parametrize("changes", [{"moved": True}, {"forwards": 0}, {"gradients": "fresh"}, {"shared": True}])
def test_steps_without_backward_may_have_a_reason(changes):
    assert not judge_cycles(step_before_backward, *[replace(NO_BACKWARD, **changes)] * 3)


def test_steps_on_the_very_gradients_of_before_have_no_backward():
    (finding,) = judge_cycles(step_before_backward, *[replace(NO_BACKWARD, gradients="unchanged", moved=True)] * 3)
    assert finding.where == STEP


def test_closures_run_backward_inside_the_step():
    assert not judge_cycles(step_before_backward, *[replace(LATE, closure=True)] * 3)


def test_without_a_known_cycle_it_stays_unseen_whether_gradients_were_kept():
    (answer,) = judge_cycles(gradients_not_cleared, *[replace(HEALTHY, complete=False)] * 3)
    assert isinstance(answer, Unseen)


def test_without_a_backward_pass_it_stays_unseen_who_clears():
    (answer,) = judge_cycles(zero_grad_between_backward_and_step, NO_BACKWARD)
    assert isinstance(answer, Unseen)


@pytest.mark.parametrize(
    ("rule", "ill"),
    [(eval_mode_never_undone, OFF), (training_in_eval_mode_from_start, OFF_FROM_START)],
    ids=["never undone", "from start"],
)
class TestMode:
    def test_three_iterations_are_found_at_the_call_of_eval(self, rule, ill):
        (finding,) = judge_modes(rule, ill, ill, ill)
        assert (finding.where, finding.related[0].place) == (EVAL, STEP)

    def test_two_iterations_are_not_enough(self, rule, ill):
        assert not judge_modes(rule, ill, ill)

    def test_without_layers_that_mind_the_mode_is_free(self, rule, ill):
        assert not judge_modes(rule, *[replace(ill, layers={})] * 3)

    def test_training_mode_is_as_it_should_be(self, rule, ill):
        assert not judge_modes(rule, *[replace(ill, training=True)] * 3)

    def test_without_the_line_of_eval_the_forward_is_named(self, rule, ill):
        (finding,) = judge_modes(rule, *[replace(ill, mode_at=None)] * 3)
        assert (finding.where, finding.related) == (STEP, ())


def test_a_mode_that_was_switched_without_an_evaluation_is_chosen():
    switched = [replace(OFF, evaluated=False)] * 3
    assert not judge_modes(eval_mode_never_undone, *switched)
    assert not judge_modes(training_in_eval_mode_from_start, *switched)
