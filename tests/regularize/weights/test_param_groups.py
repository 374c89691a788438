import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_wine
from torch import nn

from wellfit.regularize.weights.weight_decay.depth import find_blocks
from wellfit.regularize.weights.weight_decay.groups import param_groups
from wellfit.regularize.weights.weight_decay.kinds import kinds_of
from wellfit.regularize.weights.weight_decay.timescale import (
    TimescaleWarning,
    timescale_from_weight_decay,
    weight_decay_from_timescale,
)


class StrangeNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.anything = nn.Parameter(torch.ones(width))
        self.whatever = nn.Parameter(torch.zeros(width))


class ResponseNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 1, 1, width))
        self.bias = nn.Parameter(torch.zeros(1, 1, 1, width))


class Scaled(nn.Module):
    def __init__(self, *, rows: int) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.tensor(1.0))
        self.positions = nn.Parameter(torch.zeros(1, 9, 4))
        self.token = nn.Parameter(torch.zeros(1, 1, 4))
        self.experts = nn.Parameter(torch.zeros(rows, 4, 4))
        self.body = nn.Linear(4, 4)


class Experts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Parameter(torch.zeros(3, 4, 8))
        self.up_bias = nn.Parameter(torch.zeros(3, 8))
        self.down = nn.Parameter(torch.zeros(3, 8, 4))
        self.down_bias = nn.Parameter(torch.zeros(3, 4))


class StateSpace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.log = nn.Parameter(torch.zeros(4, 3))
        self.log._no_weight_decay = True


class Vit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(5, 4))
        self.patch = nn.Conv2d(3, 4, 2)

    def no_weight_decay(self) -> set[str]:
        return {"table"}


class Block(nn.Module):
    def __init__(self, width: int, experts: int = 0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.body = nn.Linear(width, width)
        self.experts = nn.ModuleList(nn.Linear(width, width) for _ in range(experts))


class Deep(nn.Module):
    def __init__(self, blocks: int = 3, experts: int = 0) -> None:
        super().__init__()
        self.stem = nn.Linear(2, 4)
        self.blocks = nn.ModuleList(Block(4, experts) for _ in range(blocks))
        self.head = nn.Linear(4, 1)


def decayed(model: nn.Module, **options) -> set[str]:
    names = {p: name for name, p in model.named_parameters()}
    groups = param_groups(model, 1e-3, 0.1, **options)
    return {names[p] for g in groups for p in g["params"] if g["weight_decay"] > 0}


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm2d(4),
        nn.SyncBatchNorm(4),
        nn.LayerNorm((4, 2, 2)),
        nn.GroupNorm(2, 4),
        nn.InstanceNorm1d(4, affine=True),
        nn.RMSNorm(4),
        StrangeNorm(4),
        ResponseNorm(4),
    ],
    ids=lambda m: type(m).__name__,
)
def test_a_norms_gains_and_shifts_do_not_decay(norm: nn.Module) -> None:
    assert set(kinds_of(norm).values()) == {"norm"}
    assert decayed(nn.Sequential(nn.Conv2d(3, 4, 1), norm)) == {"0.weight"}


@pytest.mark.parametrize(
    ("layer", "decays"),
    [
        (nn.Linear(4, 1), {"weight"}),
        (nn.Conv2d(1, 1, 3), {"weight"}),
        (nn.Conv1d(1, 4, 1), {"weight"}),
        (nn.Bilinear(2, 3, 4), {"weight"}),
        (nn.ConvTranspose2d(3, 4, 2), {"weight"}),
        (nn.Embedding(5, 4), {"weight"}),
        (nn.LSTM(1, 4), {"weight_ih_l0", "weight_hh_l0"}),
        (nn.GRUCell(1, 4), {"weight_ih", "weight_hh"}),
        (nn.MultiheadAttention(4, 2, kdim=1), {"q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"}),
        (nn.Sequential(nn.PReLU(4), nn.Linear(4, 4)), {"1.weight"}),
        (Scaled(rows=3), {"experts", "body.weight"}),
        (nn.Sequential(StateSpace(), nn.Linear(2, 2)), {"1.weight"}),
        (Experts(), {"up", "down"}),
        (Vit(), {"patch.weight"}),
        (nn.utils.parametrizations.weight_norm(nn.Conv1d(3, 4, 2)), {"parametrizations.weight.original1"}),
        (nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4)), {"parametrizations.weight.original"}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",  # sets have no order
)
def test_what_multiplies_an_input_decays(layer: nn.Module, decays: set[str]) -> None:
    assert decayed(layer) == decays


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_old_form_of_weight_normalisation_is_known_too() -> None:
    assert decayed(nn.utils.weight_norm(nn.Linear(3, 4))) == {"weight_v"}


def test_embeddings_are_spared_if_asked_and_a_tied_head_with_them() -> None:
    model = nn.Sequential(nn.Linear(4, 9, bias=False), nn.Embedding(9, 4))
    model[0].weight = model[1].weight
    assert decayed(model) == {"0.weight"}
    groups = param_groups(model, 1e-3, 0.1, no_decay=("embedding",))
    assert [(len(g["params"]), g["weight_decay"]) for g in groups] == [(1, 0.0)]


def test_what_does_not_train_is_left_out_and_told() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    groups = param_groups(model, 1e-3, 0.1)
    assert sum(len(g["params"]) for g in groups) == 2
    assert "2 that do not train are left out" in str(groups)


def test_layer_decay_is_written_into_the_rate_that_schedulers_scale() -> None:
    model = Deep()
    groups = param_groups(model, 1.0, 0.1, layer_decay=0.5)
    rates = {p: g["lr"] for g in groups for p in g["params"]}
    found = [rates[p] for p in (model.stem.weight, *(b.body.weight for b in model.blocks), model.head.weight)]
    assert found == [0.5**4, 0.5**3, 0.5**2, 0.5, 1.0]
    optimizer = torch.optim.AdamW(groups)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 0.1)
    assert {round(g["lr"], 6) for g in optimizer.param_groups} == {round(0.1 * rate, 6) for rate in found}


def test_experts_are_no_depth_and_stages_are_looked_into() -> None:
    assert len(find_blocks(Deep(blocks=2, experts=8))) == 2
    stages = nn.ModuleList(nn.Sequential(*(Block(w) for _ in range(n))) for w, n in ((4, 2), (8, 3), (16, 2)))
    assert len(find_blocks(nn.Sequential(nn.Conv2d(3, 4, 1), stages))) == 7


def test_blocks_may_be_named_and_must_be_where_none_are_found() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"Sequential has no list of alike modules, name blocks="):
        param_groups(model, 1.0, 0.1, layer_decay=0.5)
    groups = param_groups(model, 1.0, 0.0, layer_decay=0.5, blocks=[model[0], model[2]])
    assert {g["lr"] for g in groups} == {0.25, 0.5}


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adagrad])
def test_optimizers_take_the_groups_and_train_real_data(optimizer) -> None:
    data = load_wine()
    x = torch.tensor(data.data, dtype=torch.float32)
    x, y = (x - x.mean(0)) / x.std(0), torch.tensor(data.target)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(13, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, 3))
    steps = optimizer(param_groups(model, 0.03, 1e-3))
    losses = []
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(x), y)
        steps.zero_grad()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_the_state_of_an_optimizer_goes_through_a_file_and_back(tmp_path) -> None:
    model = Deep()
    first = torch.optim.AdamW(param_groups(model, 1e-3, 0.1, 0.5))
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = torch.optim.AdamW(param_groups(copy.deepcopy(model), 9.0, 0.3, 0.9))
    second.load_state_dict(torch.load(tmp_path / "state.pt"))
    assert [g["lr"] for g in second.param_groups] == [g["lr"] for g in first.param_groups]


def test_the_table_says_who_decays_and_why() -> None:
    lines = str(param_groups(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4)), 1e-3, 0.05)).splitlines()
    assert [line.split()[0] for line in lines] == ["group", "0", "1", "1"]
    assert lines[1].split() == ["0", "matrices", "and", "kernels", "1", "32", "0.001", "0.05", "0.weight"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"lr": 0.0}, "lr must be > 0 and finite, got 0.0"),
        ({"lr": math.nan}, "lr must be > 0 and finite, got nan"),
        ({"weight_decay": -0.1}, "weight_decay must be >= 0 and finite, got -0.1"),
        ({"layer_decay": 0.0}, r"layer_decay must lie in \(0, 1\], got 0.0"),
        ({"layer_decay": 1.5}, r"layer_decay must lie in \(0, 1\], got 1.5"),
        ({"no_decay": ("gains",)}, "no_decay must list kinds of .*, got 'gains'"),
        ({"no_decay": "norm"}, "no_decay must list kinds of .*, got 'norm'"),
    ],
)
def test_a_value_out_of_range_is_named(options, text) -> None:
    with pytest.raises(ValueError, match=text):
        param_groups(nn.Linear(2, 2), **{"lr": 1e-3, "weight_decay": 0.1, **options})


def test_a_model_in_which_nothing_trains_is_refused() -> None:
    with pytest.raises(ValueError, match="got 0 of 0"):
        param_groups(nn.ReLU(), 1e-3, 0.1)
    with pytest.raises(ValueError, match="got 0 of 2"):
        param_groups(nn.Linear(2, 2).requires_grad_(False), 1e-3, 0.1)
    with pytest.raises(ValueError, match="model must have run once"):
        param_groups(nn.LazyLinear(2), 1e-3, 0.1)


@pytest.mark.parametrize("mark", ["_is_flat_param", "ds_shape"])
def test_a_shard_that_has_lost_its_shape_is_refused(mark) -> None:
    model = nn.Linear(2, 2)
    setattr(model.weight, mark, True)
    with pytest.raises(ValueError, match="model must not be sharded yet: a parameter of its Linear has lost its shape"):
        param_groups(model, 1e-3, 0.1)


LEAVES = st.sampled_from(
    [
        lambda: nn.Linear(3, 4),
        lambda: nn.Conv2d(1, 1, 1),
        lambda: nn.BatchNorm1d(3),
        lambda: nn.Embedding(4, 2),
        lambda: nn.LSTM(1, 1),
        nn.PReLU,
        nn.Dropout,
        lambda: StrangeNorm(3),
        lambda: Scaled(rows=2),
        StateSpace,
        Vit,
        lambda: nn.TransformerEncoderLayer(4, 2, 8),
    ]
)
MODELS = st.recursive(
    LEAVES.map(lambda make: make()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(nn.ModuleList),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: nn.Sequential(*parts, parts[0])),
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(MODELS, st.randoms(use_true_random=False), st.sampled_from([None, 0.5, 1.0]))
def test_every_parameter_that_trains_stands_in_one_group(model, coins, layer_decay) -> None:
    for p in model.parameters():
        p.requires_grad_(coins.random() < 0.8)
    training = {p for p in model.parameters() if p.requires_grad}
    if not training or (layer_decay and not find_blocks(model)):
        with pytest.raises(ValueError):
            param_groups(model, 1e-3, 0.1, layer_decay)
        return
    groups = param_groups(model, 1e-3, 0.1, layer_decay)
    listed = [p for g in groups for p in g["params"]]
    assert len(listed) == len(training)
    assert set(listed) == training
    assert sum(row.numbers for row in groups.rows) == sum(p.numel() for p in training)
    assert all(0 < g["lr"] <= 1e-3 for g in groups)
    torch.optim.SGD(groups)


@given(st.floats(1, 1e4), st.floats(1e-6, 10), st.integers(1, 10**6))
def test_a_timescale_becomes_a_weight_decay_and_back(epochs, lr, steps) -> None:
    assert timescale_from_weight_decay(
        weight_decay_from_timescale(epochs * 1.0001, lr, steps), lr, steps
    ) == pytest.approx(epochs, rel=1e-3)


def test_a_timescale_is_what_adamw_does() -> None:
    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.AdamW([weight], lr=1e-3, weight_decay=weight_decay_from_timescale(5, 1e-3, 100))
    for _ in range(500):
        weight.grad = torch.zeros(1)
        optimizer.step()
    assert weight.item() == pytest.approx(math.exp(-1), rel=2e-3)


def test_a_timescale_outside_the_run_is_warned_of() -> None:
    with pytest.warns(TimescaleWarning, match=r"0.5 epochs forgets samples"):
        weight_decay_from_timescale(0.5, 1e-3, 100)
    with pytest.warns(TimescaleWarning, match=r"100 epochs is longer than the run of 30"):
        timescale_from_weight_decay(0.1, 1e-3, 100, run_epochs=30)
    assert timescale_from_weight_decay(0, 1e-3, 100) == math.inf
    with pytest.raises(ValueError, match="lr must be > 0 and finite, got 0"):
        weight_decay_from_timescale(5, 0, 100)
