"""Functions of torch that have a form of ours for stacked trials: values and gradients are those of a trial alone."""

from itertools import product

import pytest
import torch
from torch import nn
from torch.func import grad, vmap
from torch.nn import functional as F

from wellfit.fuse.intercept import Intercepted

K, B = 3, 4


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def per_trial(tensor: torch.Tensor, axis: int | None) -> torch.Tensor:
    """Differs by trial where there is an axis."""
    made = tensor if axis is None else torch.stack([tensor * (1 + 0.5 * i) for i in range(K)])
    return made.requires_grad_()


def stacked(function, axes, tensors):
    def of_trial(*given):
        with Intercepted(None, None, stacked=True):
            return function(*given)

    return vmap(of_trial, axes)(*tensors)


def one_by_one(function, axes, tensors):
    picked = [[t if a is None else t[i] for t, a in zip(tensors, axes, strict=True)] for i in range(K)]
    return torch.stack([function(*given) for given in picked])


def assert_as_alone(function, axes, *tensors):
    given = [per_trial(t, a) for t, a in zip(tensors, axes, strict=True)]
    ours, theirs = stacked(function, axes, given), one_by_one(function, axes, given)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    weight = numbers(*theirs.shape)
    for one, other in zip(*(torch.autograd.grad((m * weight).sum(), given) for m in (ours, theirs)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def axes_of(count: int) -> list[tuple[int | None, ...]]:
    return [axes for axes in product((0, None), repeat=count) if any(a == 0 for a in axes)]


CONVOLUTIONS = {
    "usual": ({"padding": 1}, 2),
    "strided": ({"stride": 2, "padding": 1}, 2),
    "same": ({"padding": "same", "dilation": 2}, 2),
    "of each channel": ({"groups": 2}, 1),
}


@pytest.mark.parametrize("axes", axes_of(3))
@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_convolutions(kind: str, axes: tuple[int | None, ...]) -> None:
    options, channels = CONVOLUTIONS[kind]
    tensors = numbers(B, 2, 6, 6), numbers(4, channels, 3, 3), numbers(4)
    assert_as_alone(lambda x, w, b: F.conv2d(x, w, b, **options), axes, *tensors)


def test_convolutions_of_one_channel_and_without_bias() -> None:
    for axes in axes_of(2):
        assert_as_alone(F.conv2d, axes, numbers(B, 1, 5, 5), numbers(4, 1, 3, 3))


POOLS = {
    "max": nn.MaxPool2d(3, 2, 1),
    "max, and where": lambda x: F.max_pool2d(x, 2, return_indices=True)[0],
    "avg": nn.AvgPool2d(2, ceil_mode=True),
    "adaptive avg": nn.AdaptiveAvgPool2d((2, 3)),
    "adaptive max": nn.AdaptiveMaxPool2d(2),
}


@pytest.mark.parametrize("kind", POOLS)
def test_pools(kind: str) -> None:
    assert_as_alone(POOLS[kind], (0,), numbers(B, 2, 7, 7))


@pytest.mark.parametrize("after", [nn.GroupNorm(2, 4), nn.PixelShuffle(2), nn.Upsample(scale_factor=2), nn.ReLU6()])
def test_what_follows_a_convolution_takes_its_layout(after: nn.Module) -> None:
    assert_as_alone(lambda x, w: after(F.conv2d(x, w)), (0, 0), numbers(B, 2, 6, 6), numbers(4, 2, 3, 3))


@pytest.mark.parametrize("axes", axes_of(3))
@pytest.mark.parametrize("shape", [(5,), (B, 5), (B, 2, 5)], ids=str)
def test_products(shape: tuple[int, ...], axes: tuple[int | None, ...]) -> None:
    assert_as_alone(F.linear, axes, numbers(*shape), numbers(3, 5), numbers(3))


MASKS = {
    "none": {},
    "causal": {"is_causal": True},
    "bool": {"attn_mask": torch.ones(5, 1, dtype=torch.bool).expand(5, 5).tril(1)},
    "added": {"attn_mask": numbers(5, 5), "scale": 0.3},
}


@pytest.mark.parametrize("mask", MASKS)
def test_attention_to_few_keys(mask: str) -> None:
    def attended(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, **MASKS[mask])

    assert_as_alone(attended, (0, 0, 0), numbers(B, 2, 5, 4), numbers(B, 2, 5, 4) + 1, numbers(B, 2, 5, 4) - 1)


def test_attention_to_many_keys() -> None:
    shapes = (B, 2, 7, 4), (B, 2, 40, 4), (B, 2, 40, 3)
    assert_as_alone(F.scaled_dot_product_attention, (0, 0, 0), *(numbers(*shape) for shape in shapes))


@pytest.mark.parametrize("function", [F.linear, F.conv2d], ids=["linear", "conv2d"])
def test_a_forward_may_take_derivatives_itself(function) -> None:
    def slope(x, w):
        return grad(lambda given: function(given, w).square().sum())(x)

    shapes = ((B, 5), (3, 5)) if function is F.linear else ((B, 2, 5, 5), (3, 2, 3, 3))
    assert_as_alone(slope, (0, 0), *(numbers(*shape) for shape in shapes))
