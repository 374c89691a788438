"""A module's weights are seen once more when it goes, and nothing lives longer than it would."""

import gc
import weakref

import torch
from torch import Tensor, nn

from wellfit.record.lives import Life, weights_of


class Holder(nn.Module):
    """Refers to itself, so that only the collector of cycles lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        self.register_buffer("scratch", torch.zeros(5), persistent=False)
        self.itself = [self]


def follow(module: nn.Module) -> tuple[Life, list[list[Tensor]]]:
    seen: list[list[Tensor]] = []
    return Life(module, lambda tensors: seen.append([tensor.detach().clone() for tensor in tensors])), seen


def test_weights_come_in_the_order_of_the_state() -> None:
    model = Holder()
    state = list(model.state_dict().values())
    assert len(state) == 7
    assert all(mine.data_ptr() == its.data_ptr() for mine, its in zip(weights_of(model), state, strict=True))


def test_weights_are_seen_when_the_last_reference_goes_and_are_free_then() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    life, seen = follow(model)
    expected = [value.detach().clone() for value in model.state_dict().values()]
    weight = weakref.ref(model[0].weight)
    del model
    assert weight() is None
    assert life.module is None
    (weights,) = seen
    assert all(torch.equal(mine, its) for mine, its in zip(weights, expected, strict=True))


def test_weights_are_seen_when_a_cycle_is_collected() -> None:
    model = Holder()
    _life, seen = follow(model)
    count = len(model.state_dict())
    weight = weakref.ref(model.inner[0].weight)
    del model
    gc.collect()
    assert [len(weights) for weights in seen] == [count]
    gc.collect()
    assert weight() is None


def test_a_replaced_layer_is_free_at_once() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    _life, seen = follow(model)
    old = weakref.ref(model[1].weight)
    model[1] = nn.Linear(3, 4)
    assert old() is None
    parameter = weakref.ref(model[0].bias)
    model[0].bias = nn.Parameter(torch.ones(3))
    assert parameter() is None
    del model
    assert [tuple(tensor.shape) for tensor in seen[0]] == [(3, 2), (3,)]


def test_weights_whose_hooks_hold_the_module_are_not_held() -> None:
    model = nn.Sequential(nn.Linear(2, 3))
    model[0].weight.register_hook(lambda gradient, model=model: gradient)
    _life, seen = follow(model)
    weight = weakref.ref(model[0].weight)
    del model
    gc.collect()
    assert weight() is None
    assert seen == []


def test_a_closed_life_tells_nothing() -> None:
    model = nn.Linear(2, 3)
    life, seen = follow(model)
    life.close()
    del model
    assert seen == []


def test_weights_without_a_shape_are_left_out_until_they_have_one() -> None:
    model = nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 1))
    _life, seen = follow(model)
    assert len(weights_of(model)) == 2
    model(torch.ones(2, 5))
    del model
    assert [tuple(tensor.shape) for tensor in seen[0]] == [(3, 5), (3,), (1, 3), (1,)]
