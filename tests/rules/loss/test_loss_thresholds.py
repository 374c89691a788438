"""Loss rules on facts written by hand, on both sides of each threshold."""

from dataclasses import replace

import pytest

from wellfit.model.events.loss import LossBroadcast, LossComputed, LossTraced, Producer, Targets, Values
from wellfit.model.facts.loss import LossBroadcasts, LossInputs, LossTraces
from wellfit.model.place import Place
from wellfit.model.rule import Finding, Unseen
from wellfit.rules.loss.broadcast_in_loss.rule import broadcast_in_loss
from wellfit.rules.loss.log_softmax_before_cross_entropy.rule import log_softmax_before_cross_entropy
from wellfit.rules.loss.logits_to_bce.rule import logits_to_bce
from wellfit.rules.loss.loss_detached.rule import loss_detached
from wellfit.rules.loss.nll_loss_without_log_probabilities.rule import nll_loss_without_log_probabilities
from wellfit.rules.loss.sigmoid_before_bce_with_logits.rule import sigmoid_before_bce_with_logits
from wellfit.rules.loss.softmax_before_cross_entropy.rule import softmax_before_cross_entropy

LOSS_AT = Place("train.py", 9, "train")
MADE_AT = Place("net.py", 5, "forward")
SCORES = Values((8, 4), "float32", -3.0, 3.0, 0.0, 0, 8, 0, 0, 2.0, 0.0)
PROBABILITIES = replace(SCORES, minimum=0.0, maximum=1.0, unit_rows=8)
LOG_PROBABILITIES = replace(SCORES, maximum=-0.1, log_unit_rows=8)
LABELS = Targets((8,), "int64", 0.0, 3.0, 4)


def call(function, values, *producers, step=0, opaque=False):
    return LossComputed(step, function, LOSS_AT, values, LABELS, tuple(producers), opaque)


def made_by(operation, behind=None):
    return Producer(operation, 1, (8, 4), MADE_AT, behind)


def answers(rule, *calls):
    return list(rule.function(LossInputs(calls)))


def findings(rule, *calls):
    return [a for a in answers(rule, *calls) if isinstance(a, Finding)]


def test_softmax_that_is_seen_needs_one_call():
    found = findings(softmax_before_cross_entropy, call("cross_entropy", PROBABILITIES, made_by("softmax")))
    assert [f.where for f in found] == [MADE_AT]


def test_probabilities_of_unknown_origin_need_two_calls():
    once = call("cross_entropy", PROBABILITIES)
    assert isinstance(answers(softmax_before_cross_entropy, once)[0], Unseen)
    assert findings(softmax_before_cross_entropy, once, replace(once, step=1))


def test_probabilities_of_unknown_origin_need_eight_rows():
    few = call("cross_entropy", replace(PROBABILITIES, shape=(3, 4), rows=3, unit_rows=3))
    assert not findings(softmax_before_cross_entropy, few, few)
    assert findings(softmax_before_cross_entropy, few, few, few)


def test_one_call_with_raw_scores_clears_values_alone():
    unit = call("cross_entropy", PROBABILITIES)
    assert not findings(softmax_before_cross_entropy, unit, unit, call("cross_entropy", SCORES))


def test_softmax_of_one_branch_among_others_is_no_softmax_before_the_loss():
    mixed = call("cross_entropy", SCORES, made_by("softmax"), made_by("AddmmBackward0"))
    assert not findings(softmax_before_cross_entropy, mixed, mixed)


def test_a_single_class_is_not_judged():
    one = replace(PROBABILITIES, shape=(8, 1))
    assert not findings(softmax_before_cross_entropy, *[call("cross_entropy", one, made_by("softmax"))] * 3)


def test_log_probabilities_are_a_note_on_two_calls():
    one = call("cross_entropy", LOG_PROBABILITIES, made_by("log_softmax"))
    assert not findings(log_softmax_before_cross_entropy, one)
    assert findings(log_softmax_before_cross_entropy, one, one)
    assert log_softmax_before_cross_entropy.severity == "note"


@pytest.mark.parametrize(("maximum", "guilty"), [(0.009, False), (0.011, True)])
def test_positive_entries_are_no_log_probabilities(maximum, guilty):
    one = call("nll_loss", replace(SCORES, maximum=maximum))
    assert bool(findings(nll_loss_without_log_probabilities, one, one)) is guilty


@pytest.mark.parametrize(("normalized", "guilty"), [(4, True), (5, False)])
def test_rows_that_are_mostly_normalized_are_log_probabilities(normalized, guilty):
    one = call("nll_loss", replace(SCORES, log_unit_rows=normalized))
    assert bool(findings(nll_loss_without_log_probabilities, one, one)) is guilty


def test_unnormalized_negative_entries_may_be_log_likelihoods():
    one = call("nll_loss", replace(SCORES, maximum=-0.5))
    assert not answers(nll_loss_without_log_probabilities, one, one)


def test_nll_of_probabilities_names_the_softmax():
    one = call("nll_loss", PROBABILITIES, made_by("softmax"))
    (found,) = findings(nll_loss_without_log_probabilities, one, one)
    assert found.where == MADE_AT
    assert "probabilities reached nll_loss" in found.saw


def test_nll_seen_once_is_unseen():
    assert isinstance(answers(nll_loss_without_log_probabilities, call("nll_loss", SCORES))[0], Unseen)


@pytest.mark.parametrize(("calls", "guilty"), [(3, False), (4, True)])
def test_behind_a_compiled_model_four_calls_must_fill_the_unit(calls, guilty):
    filled = replace(PROBABILITIES, minimum=0.02, maximum=0.98)
    seen = [call("binary_cross_entropy_with_logits", filled, opaque=True, step=s) for s in range(calls)]
    assert bool(findings(sigmoid_before_bce_with_logits, *seen)) is guilty


def test_scores_near_a_half_behind_a_compiled_model_prove_nothing():
    half = replace(PROBABILITIES, minimum=0.4, maximum=0.6)
    assert not findings(
        sigmoid_before_bce_with_logits, *[call("binary_cross_entropy_with_logits", half, opaque=True)] * 9
    )


@pytest.mark.parametrize(("low", "high", "guilty"), [(0.0, 1.0, False), (-0.5, 0.5, True), (0.5, 1.5, True)])
def test_values_outside_the_unit_are_no_probabilities(low, high, guilty):
    one = call("binary_cross_entropy", replace(SCORES, minimum=low, maximum=high))
    assert bool(findings(logits_to_bce, one)) is guilty


@pytest.mark.parametrize(("behind", "guilty"), [("linear", True), ("SigmoidBackward0", False), ("AddBackward0", False)])
def test_a_clamp_is_guilty_behind_a_linear_layer_only(behind, guilty):
    one = call("binary_cross_entropy", PROBABILITIES, made_by("clamp", behind))
    assert bool(findings(logits_to_bce, one, one)) is guilty


def test_broadcasts_of_one_line_are_one_finding():
    seen = tuple(LossBroadcast(s, "sub", (64, 1), (64,), LOSS_AT) for s in range(3))
    (found,) = broadcast_in_loss.function(LossBroadcasts(seen))
    assert found.count == 3
    assert "64 x 64 pairs" in found.saw


LOST = LossTraced(0, LOSS_AT, True, 0, 1, 0, 4, 4, "tensor", MADE_AT)


def traced(*traces):
    return list(loss_detached.function(LossTraces(traces)))


def test_a_lost_loss_needs_two_steps():
    assert not traced(LOST)
    assert [f.where for f in traced(LOST, LOST)] == [MADE_AT]


@pytest.mark.parametrize("change", [{"missing_gradients": 3}, {"parameters": 1}, {"held": 0, "missing_gradients": 0}])
def test_a_loss_that_trains_something_is_not_lost(change):
    kept = replace(LOST, **change)
    assert not traced(kept, kept)


@pytest.mark.parametrize(("operations", "made", "guilty"), [(0, None, True), (2, "detach", True), (2, None, False)])
def test_a_far_leaf_counts_only_where_its_making_was_seen(operations, made, guilty):
    far = replace(LOST, operations=operations, made_by=made, made_at=None)
    assert bool(traced(far, far)) is guilty


def test_a_loss_without_gradients_stops_the_program_and_needs_one_backward():
    (found,) = traced(replace(LOST, requires_grad=False, leaves=0, made_at=None))
    assert found.where == LOSS_AT
