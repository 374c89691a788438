import pytest
import torch
from torch import nn

from wellfit.regularize.weights.stochastic_depth.method import StochasticDepth, scale_branch


def test_whole_samples_go_at_the_rate_that_was_asked() -> None:
    drop = StochasticDepth(0.4, strength=0.5, generator=torch.Generator().manual_seed(0))
    out = drop(torch.ones(20_000, 3))
    gone = (out == 0).all(1)
    assert ((out == 0).any(1) == gone).all()
    assert gone.float().mean().item() == pytest.approx(0.2, abs=5 * (0.16 / 20_000) ** 0.5)
    assert out.mean().item() == pytest.approx(1, abs=0.02)


def test_at_one_nothing_is_left_and_no_number_is_lost() -> None:
    assert StochasticDepth(1.0)(torch.ones(4, 2)).tolist() == [[0, 0]] * 4


def test_gradients_go_through_the_samples_that_stay() -> None:
    branch = torch.ones(8, 2, requires_grad=True)
    out = StochasticDepth(0.5, seed=3)(branch, index=torch.arange(8))
    out.sum().backward()
    assert torch.equal(branch.grad, out.detach())


def test_it_is_part_of_a_block_and_off_in_evaluation() -> None:
    drop = StochasticDepth(0.9)
    block = nn.ModuleDict({"body": nn.Linear(2, 2), "drop": drop}).eval()
    x = torch.rand(4, 2)
    assert torch.equal(block["drop"](x), x)


def test_bad_values_are_told() -> None:
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got 1.5"):
        StochasticDepth(1.5)
    with pytest.raises(ValueError, match=r"keep must be of shape \(3,\), got \(2,\)"):
        scale_branch(torch.ones(3, 2), torch.ones(2, dtype=torch.bool), 0.5)
