"""Hashes within a bound of bytes: what they cover, and what they cannot miss."""

import pytest
import torch
from torch import Tensor, nn

from wellfit.observe.hashes import hash_tensors
from wellfit.observe.sampled_hashes import hash_within

MANY = 1 << 16


def test_what_fits_is_hashed_whole() -> None:
    tensors = [torch.randn(3, 4), torch.tensor(2.5), torch.tensor([True, False]), torch.randn(2, 2).bfloat16()]
    assert hash_within(tensors, MANY) == (hash_tensors(tensors), 1.0)
    assert hash_within([], MANY) == (hash_tensors([]), 1.0)


@pytest.mark.parametrize("most", [1 << 10, 1 << 12, 1 << 15])
def test_a_sample_keeps_the_bound_and_tells_its_share(most: int) -> None:
    tensors = [torch.arange(40_000.0), torch.ones(70), torch.zeros(3, 5)]
    _, share = hash_within(tensors, most)
    total = sum(t.numel() * 4 for t in tensors)
    assert 0.5 * most <= share * total <= most + 4 * len(tensors)


def test_a_sample_sees_a_change_that_reaches_all_elements() -> None:
    model = nn.Sequential(nn.Linear(200, 300), nn.Linear(300, 1))
    before = hash_within(list(model.parameters()), 1 << 10)
    assert hash_within([p.detach().clone() for p in model.parameters()], 1 << 10) == before
    with torch.no_grad():
        model[1].bias.add_(1e-3)
    assert hash_within(list(model.parameters()), 1 << 10)[0] != before[0]


def test_elements_in_another_order_of_dimensions_are_not_copied_for_a_sample() -> None:
    images = torch.randn(8, 16, 32, 32).to(memory_format=torch.channels_last)
    share = hash_within([images], 1 << 10)[1]
    assert share == pytest.approx((1 << 10) / (images.numel() * 4), rel=0.01)
    assert _allocated(lambda: hash_within([images], 1 << 10)) < images.numel()


def _allocated(work) -> int:  # type: ignore[no-untyped-def]
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        work()
    return sum(max(0, event.self_cpu_memory_usage) for event in profile.events())


class Marked(Tensor):
    """A type whose values nobody may read on the side."""


@pytest.mark.parametrize(
    "tensor",
    [torch.empty(3, device="meta"), torch.eye(2).to_sparse(), torch.ones(3).as_subclass(Marked)],
    ids=["meta", "sparse", "subclass"],
)
def test_what_cannot_be_read_counts_by_its_shape(tensor: Tensor) -> None:
    assert hash_within([tensor], MANY) == hash_within([torch.empty(tensor.shape, device="meta")], MANY)
    assert hash_within([tensor], MANY)[1] == 0.0


def test_single_and_spaced_elements_are_read() -> None:
    spaced = torch.arange(100.0)[::37]
    assert hash_within([spaced, spaced[1:2]], MANY) == (hash_tensors([spaced.clone(), torch.tensor([37.0])]), 1.0)
    assert hash_within([spaced[1:2], torch.ones(9)], 4)[0] != hash_within([spaced[2:3], torch.ones(9)], 4)[0]


def test_reading_leaves_no_trace_in_autograd() -> None:
    weight = nn.Parameter(torch.ones(50))
    product = weight.square().sum()
    version = weight._version
    hash_within([weight], 16)
    assert weight._version == version
    product.backward()
    assert torch.equal(weight.grad, torch.full((50,), 2.0))  # type: ignore[arg-type]
