"""Numbers that belong to a sample."""

import pytest
import torch

from wellfit.regularize.draws import keyed, mix, mixed


@pytest.mark.parametrize("number", [0, 1, -1, 7, 2**62 + 3, 2**63 - 1, -(2**63)])
def test_a_number_is_scattered_as_a_tensor_of_it(number: int) -> None:
    assert mixed(number) == int(mix(torch.tensor(number)))


def test_draws_of_a_place_stay_what_they_are() -> None:
    """Whoever gave a seed counts on it: changed numbers change everybody's runs."""
    bits = keyed(torch.tensor([0, 2]), seed=5, epoch=2).named("x").bits(3, 2)
    assert bits.tolist() == [
        [5436915544542188280, -3704067277156782584],
        [2872403013528176889, -3426270391030480544],
    ]
