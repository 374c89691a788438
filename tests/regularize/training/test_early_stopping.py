import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

from wellfit.regularize.training.early_stopping.method import EarlyStopping, NonFiniteMetricWarning


def run(metrics, **options) -> EarlyStopping:
    stopping = EarlyStopping(restore_best=False, **options)
    for metric in metrics:
        if stopping.step(metric):
            break
    return stopping


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.integers(0, 5), st.sampled_from(["min", "max"]))
def test_it_stops_after_patience_evaluations_without_improvement(metrics, patience, mode) -> None:
    stopping = run(metrics, patience=patience, mode=mode)
    seen = metrics[: stopping.steps]
    assert stopping.best == (min(seen) if mode == "min" else max(seen))
    assert stopping.best_step == seen.index(stopping.best)
    since = len(seen) - 1 - stopping.best_step
    assert stopping.stopped == (since == max(patience, 1))
    assert stopping.stopped or len(seen) == len(metrics)


def test_improvements_of_less_than_min_delta_do_not_count() -> None:
    assert run([1.0, 0.95, 0.91, 0.85], patience=9, min_delta=0.1).best_step == 3
    assert run([1.0, 0.95, 0.91], patience=2, min_delta=0.1).stopped


def test_the_best_weights_of_a_real_training_come_back() -> None:
    data = load_wine()
    x = torch.tensor(data.data).float()
    x, y = (x - x.mean(0)) / x.std(0), torch.tensor(data.target)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    few, rest = order[:20], order[20:]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(13, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 3))
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    stopping = EarlyStopping(patience=8)

    def loss() -> float:
        model.eval()
        with torch.no_grad():
            return F.cross_entropy(model(x[rest]), y[rest]).item()

    for _ in range(100):
        model.train()
        optimizer.zero_grad()
        F.cross_entropy(model(x[few]), y[few]).backward()
        optimizer.step()
        if stopping.step(loss(), model):
            break
    assert stopping.stopped
    assert stopping.last > stopping.best
    assert loss() == pytest.approx(stopping.best)
    assert stopping.summary().startswith(f"best {stopping.best:.6g} at evaluation {stopping.best_step}, last")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_metric_that_is_no_number_is_no_improvement(bad) -> None:
    stopping = EarlyStopping(patience=2, restore_best=False)
    stopping.step(0.5)
    with pytest.warns(NonFiniteMetricWarning, match=f"metric must be finite, got {bad}"):
        stopping.step(bad)
    assert stopping.best == 0.5
    assert stopping.waited == 1


def test_a_metric_that_never_is_a_number_stops_too_and_has_no_weights() -> None:
    stopping, model = EarlyStopping(patience=1), nn.Linear(1, 1)
    with pytest.warns(NonFiniteMetricWarning):
        assert stopping.step(math.nan, model)
    assert stopping.summary() == "no finite metric in 1 evaluations"
    with pytest.raises(RuntimeError, match="no weights were kept"):
        stopping.restore(model)


def test_a_mode_the_wrong_way_round_shows_in_the_summary() -> None:
    assert "or mode 'min' is the wrong way round" in run([0.5, 0.6, 0.7, 0.8], patience=3).summary()


def test_the_state_goes_through_a_file_with_the_best_weights(tmp_path) -> None:
    model, first = nn.Linear(1, 1), EarlyStopping(patience=2)
    first.step(torch.tensor(0.5), model)
    best = model.weight.item()
    nn.init.constant_(model.weight, 9)
    first.step(0.6, model)
    torch.save(first.state_dict(), tmp_path / "stopping.pt")
    second = EarlyStopping(patience=2)
    second.load_state_dict(torch.load(tmp_path / "stopping.pt"))
    assert second.step(0.7, model)
    assert model.weight.item() == best


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: EarlyStopping(-1), "patience must be a whole number >= 0, got -1"),
        (lambda: EarlyStopping(1.5), "patience must be a whole number >= 0, got 1.5"),
        (lambda: EarlyStopping(min_delta=-0.1), "min_delta must be >= 0 and finite, got -0.1"),
        (lambda: EarlyStopping(mode="up"), "mode must be min or max, got 'up'"),
        (lambda: EarlyStopping().step(0.1), "model must be given with restore_best, got None"),
        (lambda: EarlyStopping(restore_best=False).step(torch.rand(2)), r"metric must be one number, .*\(2,\)"),
    ],
)
def test_bad_values_are_told(call, text) -> None:
    with pytest.raises(ValueError, match=text):
        call()
