"""What reaches a loss function, scored: the same answer has one score, in whatever form it arrives."""

import math

import pytest
import torch
from torch.nn import functional as F

from wellfit.observe.scores import score_call, score_classes, score_numbers, score_yes_or_no

SCORES = torch.randn(40, 5, generator=torch.Generator().manual_seed(0))
CLASSES = torch.arange(40) % 5


@pytest.mark.parametrize("form", [lambda s: s, lambda s: s.softmax(1), lambda s: s.log_softmax(1)])
def test_scores_probabilities_and_their_logarithms_are_one_answer(form: "object") -> None:
    score = score_classes(form(SCORES), CLASSES, positions=False)
    assert score.value("cross-entropy") == pytest.approx(float(F.cross_entropy(SCORES, CLASSES)), rel=1e-5)
    assert score.correct == int((SCORES.argmax(1) == CLASSES).sum())


@pytest.mark.parametrize("log_target", [False, True])
def test_a_divergence_from_shares_is_scored_against_these(log_target: bool) -> None:
    shares = F.one_hot(CLASSES, 5) * 0.9 + 0.02
    target = shares.log() if log_target else shares
    score = score_call("kl_div", SCORES.log_softmax(1), target, {"log_target": log_target}, positions=False)
    assert score.value("cross-entropy") == pytest.approx(float(F.cross_entropy(SCORES, shares)), rel=1e-5)
    assert score.correct == int((SCORES.argmax(1) == CLASSES).sum())


def test_ignored_classes_are_no_answers() -> None:
    targets = CLASSES.clone()
    targets[:10] = -100
    assert score_classes(SCORES, targets, positions=False).rows == 30


def test_answers_that_are_no_numbers_are_wrong() -> None:
    broken = torch.full_like(SCORES, math.nan)
    classes = score_classes(broken, torch.zeros(40, dtype=torch.long), positions=False)
    no = score_yes_or_no(broken, torch.zeros_like(broken))
    assert classes.correct == no.correct == 0
    assert math.isnan(classes.value("cross-entropy"))


def test_masked_classes_of_minus_infinity_leave_the_answer_right() -> None:
    masked = torch.tensor([[1.0, -math.inf, 0.0]]).repeat(4, 1)
    score = score_classes(masked, torch.zeros(4, dtype=torch.long), positions=False)
    assert score.correct == 4
    assert math.isfinite(score.value("cross-entropy"))


def test_numbers_are_compared_one_by_one_whatever_their_shape() -> None:
    wanted = torch.linspace(-1, 1, 20)
    score = score_numbers(wanted[:, None] + 0.5, wanted)
    assert score.value("mean squared error") == pytest.approx(0.25)
    assert score.value("R2") == pytest.approx(1 - 0.25 * 20 / float(((wanted - wanted.mean()) ** 2).sum()))
