import pytest
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.nn import functional as F

from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.weights.dropout.method import set_dropout


class Called(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention_dropout = 0.3
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return F.dropout(self.drop(x), self.attention_dropout, self.training)


@pytest.mark.parametrize(
    "module",
    [nn.Dropout(), nn.Dropout1d(), nn.Dropout2d(), nn.Dropout3d(), nn.AlphaDropout(), nn.FeatureAlphaDropout()],
)
def test_every_dropout_module_of_torch_is_set(module) -> None:
    done = set_dropout(module, 0.25)
    assert module.p == 0.25
    assert [(p.kind, p.before) for p in done.places] == [(type(module).__name__, 0.5)]


def test_the_rate_of_zeros_is_the_one_that_was_set() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Identity(), nn.Dropout(0.9))
    set_dropout(model, 0.3)
    zeros = (model(torch.ones(100_000)) == 0).float().mean().item()
    assert zeros == pytest.approx(0.3, abs=5 * (0.21 / 100_000) ** 0.5)


def test_a_transformer_is_set_in_all_its_places() -> None:
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.1, batch_first=True)
    done = set_dropout(model, 0.0)
    assert sum(p.kind == "MultiheadAttention" for p in done.places) == 3
    a, b = torch.rand(2, 3, 8), torch.rand(2, 3, 8)
    assert torch.equal(model(a, b), model(a, b))
    set_dropout(model, 0.5)
    assert not torch.equal(model(a, b), model(a, b))


def test_a_recurrent_net_is_set_and_one_of_one_layer_is_told() -> None:
    deep = nn.LSTM(3, 4, num_layers=2)
    set_dropout(deep, 0.5)
    assert deep.dropout == 0.5
    x = torch.rand(5, 2, 3)
    assert not torch.equal(deep(x)[0], deep(x)[0])
    flat = nn.Sequential(nn.GRU(3, 4), nn.Dropout())
    assert "0 has one layer and drops nothing" in str(set_dropout(flat, 0.5))
    with pytest.warns(NoEffectWarning, match="GRU has no module that drops out"):
        assert "the model has one layer and drops nothing" in str(set_dropout(nn.GRU(3, 4), 0.5))


def test_a_model_without_dropout_is_warned_of() -> None:
    with pytest.warns(NoEffectWarning, match="Linear has no module that drops out"):
        done = set_dropout(nn.Linear(2, 2), 0.1)
    assert done.places == ()


def test_rates_that_a_forward_may_read_are_told_and_left_alone() -> None:
    model = Called()
    assert "cannot be seen: attention_dropout=0.3" in str(set_dropout(model, 0.1))
    assert model.attention_dropout == 0.3


def test_dropout_before_a_batch_norm_is_told_and_after_the_last_is_not() -> None:
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.Dropout()), nn.BatchNorm1d(2), nn.Dropout())
    notes = set_dropout(model, 0.1).notes
    assert len(notes) == 1
    assert notes[0].startswith("0.1 stands before a BatchNorm")


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_rate_outside_its_range_is_told(p) -> None:
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got"):
        set_dropout(nn.Dropout(), p)


def gap_on_few_noisy_rows(p: float, seed: int) -> float:
    """Of the loss, after training on 100 real rows of which a fifth has a drawn label."""
    x, y = (torch.tensor(a) for a in load_breast_cancer(return_X_y=True))
    make = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(y), generator=make)
    x, y = ((x - x.mean(0)) / x.std(0)).float()[order], y[order]
    labels = torch.where(torch.rand(100, generator=make) < 0.2, torch.randint(2, (100,), generator=make), y[:100])
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(30, 128), nn.ReLU(), nn.Dropout(), nn.Linear(128, 2))
    set_dropout(model, p)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(80):
        optimizer.zero_grad()
        F.cross_entropy(model(x[:100]), labels).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        return (F.cross_entropy(model(x[100:]), y[100:]) - F.cross_entropy(model(x[:100]), labels)).item()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_knob_closes_the_gap_on_few_noisy_rows(seed) -> None:
    assert gap_on_few_noisy_rows(0.6, seed) < 0.85 * gap_on_few_noisy_rows(0.0, seed)
