"""How much warmup lifts the highest rate that a training stands."""

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from find.searching import digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import wellfit
from wellfit.find.rate_script.legs import Largest
from wellfit.find.stability import lengths, standing
from wellfit.find.trace import fingerprint


class Softening:
    """A parabola whose curvature falls with each step that is taken: it stands higher rates later."""

    def __init__(self, *, first: float, last: float, over: int) -> None:
        self.rates = Largest(0.01)
        self.steps = 0
        self._first, self._last, self._over = first, last, over

    def run(self, count: int, multiplier_at: Callable[[int], float], repeat: int = 0) -> Iterator[float]:
        x = 1.0
        for step in range(count):
            share = min(1.0, step / self._over)
            curvature = self._first ** (1 - share) * self._last**share
            self.steps += 1
            yield 0.5 * x * x
            if not math.isfinite(x) or abs(x) > 1e100:
                return
            x -= 0.01 * multiplier_at(step) * curvature * x + 1e-3 * (-1) ** step  # as batches differ

    def judged(self) -> float:
        return 0.0

    def first_loss(self) -> float:
        return 0.5


def test_a_training_that_softens_stands_ten_times_the_rate_after_a_warmup() -> None:
    none, short, *longer = standing(Softening(first=20.0, last=0.4, over=60), planned=5000)
    assert none.warmup == 0
    assert short.warmup == 10
    assert [one.warmup for one in longer] == [100]
    assert short.multiplier < longer[0].multiplier
    assert longer[0].multiplier == pytest.approx(10 * none.multiplier)


def test_where_the_curvature_stays_no_warmup_helps() -> None:
    stood = list(standing(Softening(first=2.0, last=2.0, over=1), planned=5000))
    assert {one.multiplier for one in stood} == {stood[0].multiplier}
    assert 0.1 < 0.01 * stood[0].multiplier < 1.0  # below 2 / curvature


def test_a_training_that_nothing_breaks_needs_none() -> None:
    assert list(standing(Softening(first=1e-3, last=1e-3, over=1), planned=5000)) == []


def test_no_warmup_is_longer_than_a_tenth_of_the_run() -> None:
    assert lengths(99) == []
    assert lengths(100) == [10]
    assert lengths(9_999) == [10, 100]


def test_a_real_network_is_told_what_it_stands_and_left_as_it_was() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10))
    loader = DataLoader(TensorDataset(*digits()), batch_size=32, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    before = fingerprint(model, optimizer, loader)
    found = wellfit.find_warmup(model, loader, nn.CrossEntropyLoss(), optimizer, steps=300)
    assert fingerprint(model, optimizer, loader) == before
    assert found.unwarmed is not None
    assert 0.03 < found.unwarmed < 3
    assert [steps for steps, _ in found.tried] == [0, 10]
    assert found.warmed >= found.unwarmed
    assert "steps of warmup stand" in str(found)


def test_what_cannot_be_searched_with_is_told() -> None:
    model = nn.Linear(2, 1)
    with pytest.raises(ValueError, match="loader has 1 batch"):
        wellfit.find_warmup(
            model, [(torch.ones(2, 2), torch.ones(2, 1))], nn.MSELoss(), torch.optim.SGD(model.parameters())
        )
