import copy

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.weights.averaging.method import EMA, SWA, Averaged


def digits() -> tuple[Tensor, Tensor]:
    x, y = load_digits(return_X_y=True)
    return torch.tensor(x).float()[:600] * 10 + 50, torch.tensor(y)[:600]  # far from mean 0 and variance 1


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))


def train(model: nn.Module, average: Averaged, steps: int = 40, lr: float = 0.1) -> None:
    x, y = digits()
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9)
    for step in range(steps):
        rows = slice(step % 6 * 100, step % 6 * 100 + 100)
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
        average.update_parameters(model)


def accuracy(model: nn.Module) -> float:
    x, y = digits()
    with torch.no_grad():
        return (model.eval()(x).argmax(1) == y).float().mean().item()


def test_an_ema_is_its_formula() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = EMA(model, 0.9, warmup=False)
    expected = None
    for value in (1.0, 3.0, -2.0, 5.0):
        nn.init.constant_(model.weight, value)
        average.update_parameters(model)
        expected = value if expected is None else 0.9 * expected + 0.1 * value
    assert average.module.weight.item() == pytest.approx(expected)


def test_the_warm_up_forgets_the_first_weights() -> None:
    model = nn.Linear(1, 1, bias=False)
    slow, warm = EMA(model, 0.999, warmup=False), EMA(model, 0.999)
    for value in (100.0, *[0.0] * 50):
        nn.init.constant_(model.weight, value)
        slow.update_parameters(model)
        warm.update_parameters(model)
    assert slow.module.weight.item() > 90
    assert abs(warm.module.weight.item()) < 1e-3


def test_swa_is_the_mean() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = SWA(model)
    for value in (1.0, 2.0, 6.0):
        nn.init.constant_(model.weight, value)
        average.update_parameters(model)
    assert average.module.weight.item() == pytest.approx(3)


@pytest.mark.parametrize("buffers", ["copy", "average"])
def test_buffers_are_never_stale(buffers) -> None:
    model = network()
    average = EMA(model, 0.9, buffers=buffers)
    first = copy.deepcopy(model)
    train(model, average)
    stale = copy.deepcopy(average.module)
    for old, new in zip(stale.buffers(), first.buffers(), strict=True):
        old.copy_(new)  # what a copy of the parameters alone would have
    assert accuracy(average.module) > 0.95
    assert accuracy(stale) < accuracy(average.module) - 0.2
    assert average.module[1].num_batches_tracked == model[1].num_batches_tracked == 40


def test_averaged_buffers_are_the_average() -> None:
    model = nn.BatchNorm1d(1)
    average = EMA(model, 0.5, warmup=False, buffers="average")
    for value in (0.0, 8.0):
        model.running_mean.fill_(value)
        average.update_parameters(model)
    assert average.module.running_mean.item() == 4


def test_refreshed_statistics_are_those_of_the_averaged_weights() -> None:
    model, (x, _) = network(), digits()
    average = SWA(model)
    train(model, average, steps=12)
    average.refresh(x.split(200))
    with torch.no_grad():
        hidden = average.module[0](x)
    assert average.module[1].running_mean.allclose(hidden.mean(0), rtol=1e-3, atol=1e-2)


def evaluate_until_interrupted(average: Averaged, model: nn.Module, mean: dict[str, Tensor]) -> None:
    with average.swap(model) as lent:
        assert lent is model
        assert all(torch.equal(v, mean[k]) for k, v in model.state_dict().items())
        raise KeyboardInterrupt


def test_swap_lends_the_average_and_gives_back_all() -> None:
    model = network()
    average = EMA(model, 0.9)
    train(model, average)
    own, mean = copy.deepcopy(model.state_dict()), copy.deepcopy(average.module.state_dict())
    with pytest.raises(KeyboardInterrupt):
        evaluate_until_interrupted(average, model, mean)
    assert all(torch.equal(v, own[k]) for k, v in model.state_dict().items())
    assert all(torch.equal(v, mean[k]) for k, v in average.module.state_dict().items())


def test_training_goes_on_after_a_swap_as_without_it() -> None:
    swapped, plain = network(), network()
    one, other = EMA(swapped), EMA(plain)
    for model, average in ((swapped, one), (plain, other)):
        train(model, average, steps=5)
        if model is swapped:
            with average.swap(model):
                accuracy(model)
            model.train()
        train(model, average, steps=5)
    assert all(torch.equal(a, b) for a, b in zip(swapped.parameters(), plain.parameters(), strict=True))


def test_a_state_goes_through_a_file_and_the_average_goes_on(tmp_path) -> None:
    model = network()
    first = EMA(model, 0.99)
    train(model, first, steps=4)
    torch.save(first.state_dict(), tmp_path / "ema.pt")
    second = EMA(network(), 0.99)
    second.load_state_dict(torch.load(tmp_path / "ema.pt"))
    for average in (first, second, copy.deepcopy(first)):
        average.update_parameters(model)
        assert all(torch.equal(a, b) for a, b in zip(average.parameters(), first.parameters(), strict=True))
    assert second.n_averaged == 5


def test_tied_weights_stay_tied_and_are_averaged_once() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    average = EMA(model, 0.5, warmup=False)
    for value in (0.0, 8.0):
        nn.init.constant_(model[0].weight, value)
        average.update_parameters(model)
    assert average.module[0].weight is average.module[1].weight
    assert average.module[1].weight[0, 0] == 4


def test_misuse_is_told() -> None:
    model = network()
    average = EMA(model)
    with average.swap(model):
        with pytest.raises(RuntimeError, match="update_parameters must not be called within swap"):
            average.update_parameters(model)
        with pytest.raises(RuntimeError, match="swap must not be called within swap"), average.swap(model):
            pass
    with pytest.raises(ValueError, match="model must have the 9 weights and buffers of the average, got 2"):
        average.update_parameters(nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"decay must lie in \[0, 1\), got 1"):
        EMA(model, 1)
    with pytest.raises(ValueError, match="buffers must be copy or average, got 'none'"):
        SWA(model, buffers="none")
    with pytest.raises(ValueError, match="model must have parameters, got none"):
        SWA(nn.ReLU())
    with pytest.warns(NoEffectWarning, match="bfloat16 weights stands still"):
        EMA(nn.Linear(2, 2).bfloat16())
