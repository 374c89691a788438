import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from wellfit.regularize.labels.label_smoothing.method import (
    LabelSmoothing,
    mass_moved,
    smooth_labels,
    soft_cross_entropy,
)
from wellfit.regularize.labels.mixup_cutmix.method import MixCut


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.integers(1, 6), st.integers(0, 1000))
def test_the_loss_is_the_one_that_torch_has(amount, classes, seed) -> None:
    make = torch.Generator().manual_seed(seed)
    logits = torch.randn(5, classes, 3, generator=make)
    targets = torch.randint(classes, (5, 3), generator=make)
    targets[0, 0] = -100
    soft = smooth_labels(targets, amount, classes=classes)
    theirs = F.cross_entropy(logits, targets, label_smoothing=amount)
    assert soft_cross_entropy(logits, soft).item() == pytest.approx(theirs.item(), rel=1e-4, abs=1e-5)


def test_rows_that_do_not_count_stay_zero_and_cost_nothing() -> None:
    targets = torch.tensor([-1, -1])
    soft = smooth_labels(targets, 0.1, classes=3, ignore_index=-1)
    assert soft.sum() == 0
    assert soft_cross_entropy(torch.randn(2, 3), soft) == 0
    assert soft_cross_entropy(torch.randn(2, 3), targets, ignore_index=-1) == 0
    assert mass_moved(soft) == 0


def test_the_loss_takes_hard_labels_as_evaluation_has_them() -> None:
    logits, targets = torch.randn(4, 3), torch.tensor([0, 2, -100, 1])
    assert soft_cross_entropy(logits, targets).item() == pytest.approx(F.cross_entropy(logits, targets).item())


def test_evaluation_hands_the_labels_through() -> None:
    targets = torch.tensor([0, 1])
    assert LabelSmoothing(0.1, classes=2).eval()(targets) is targets


def test_what_smoothing_and_mixing_move_adds_up() -> None:
    y = torch.tensor(load_digits().target)[:512]
    _, mixed = MixCut(0.8, 0, classes=10, generator=torch.Generator().manual_seed(0))(torch.rand(512, 4), y)
    smoothed = LabelSmoothing(0.1)(mixed)
    assert mass_moved(F.one_hot(y, 10).float()) == 0
    assert mass_moved(smooth_labels(y, 0.1, classes=10)) == pytest.approx(0.09)
    assert mass_moved(mixed) + 0.05 < mass_moved(smoothed) < mass_moved(mixed) + 0.09
    assert smoothed.sum(1).allclose(torch.ones(512))


def test_a_model_that_is_trained_on_soft_digits_is_less_sure_of_them() -> None:
    x, y = (torch.tensor(a) for a in load_digits(return_X_y=True))
    x = x.float() / 16

    def confidence(strength: float) -> float:
        torch.manual_seed(0)
        model, smoothing = nn.Linear(64, 10), LabelSmoothing(0.2, classes=10, strength=strength)
        optimizer = torch.optim.Adam(model.parameters(), 0.05)
        for _ in range(60):
            optimizer.zero_grad()
            F.cross_entropy(model(x), smoothing(y)).backward()
            optimizer.step()
        return model(x).softmax(1).amax(1).mean().item()

    assert confidence(1.0) < confidence(0.0) - 0.05


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: smooth_labels(torch.tensor([0]), 1.5, classes=2), r"amount must lie in \[0, 1\], got 1.5"),
        (lambda: smooth_labels(torch.tensor([0]), 0.1), "classes must be >= 1 .*, got None"),
        (lambda: smooth_labels(torch.tensor([7]), 0.1, classes=2), r"targets must lie in \[0, 2\) or be -100, got 7"),
        (lambda: soft_cross_entropy(torch.rand(2, 3), torch.rand(2, 2)), r"targets must be of shape \(2, 3\)"),
    ],
)
def test_bad_values_are_told(call, text) -> None:
    with pytest.raises(ValueError, match=text):
        call()
