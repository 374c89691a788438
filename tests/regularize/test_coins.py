"""Coins from hashes: at their rate, apart from each other, and the same however they are asked for."""

import math

import pytest
import torch

from wellfit.regularize.coins import coins_at, row_of_coins, starts
from wellfit.regularize.draws import keyed

STREAM = 0x1234_5678_9ABC_DEF0


def start_of(sample: int) -> torch.Tensor:
    return starts(keyed(torch.tensor([sample])), STREAM)[0]


@pytest.mark.parametrize("p", [1e-4, 0.01, 0.2, 0.5, 0.8, 0.999])
def test_a_row_has_its_rate_and_no_memory(p: float) -> None:
    coins = row_of_coins(start_of(3), p, 1 << 20).double() - p
    assert abs(coins.mean()) < 4.5 * math.sqrt(p * (1 - p) / len(coins)) + 2**-16 * (2**-7 <= p <= 1 - 2**-7)
    if 0.01 <= p <= 0.8:  # elsewhere two rare ones hardly ever meet
        for lag in (1, 2, 3, 4, 5, 8, 1024, 1 << 17):
            together = (coins[lag:] * coins[:-lag]).mean() / (p * (1 - p))
            assert abs(together) < 5 / math.sqrt(len(coins))


@pytest.mark.parametrize("p", [0.0, 0.003, 0.3, 1.0])
@pytest.mark.parametrize("count", [0, 1, 5, 200_003])
def test_a_coin_is_the_same_alone_and_in_its_row(p: float, count: int) -> None:
    row = row_of_coins(start_of(1), p, count)
    places = torch.arange(count).flip(0)
    assert torch.equal(coins_at(start_of(1).expand(count), places, p), row.flip(0))
    assert torch.equal(row_of_coins(start_of(1), p, count // 2), row[: count // 2])


def test_the_ends_of_the_range() -> None:
    assert not row_of_coins(start_of(0), 0.0, 100_000).any()
    assert row_of_coins(start_of(0), 1.0, 10).all()
    assert row_of_coins(start_of(0), math.nextafter(1, 0), 100_000).all()


def test_sixteen_bits_meet_the_rate_in_the_mean() -> None:
    """0.2 lies between two of 65,536 steps: samples share it out."""
    p, rows = 0.2, 200
    coins = torch.stack([row_of_coins(start_of(i), p, 50_000) for i in range(rows)]).double()
    assert abs(coins.mean() - p) < 4.5 * math.sqrt(p * (1 - p) / coins.numel())


def test_samples_and_streams_do_not_follow_each_other() -> None:
    one, other = (row_of_coins(start_of(i), 0.5, 100_000).double() - 0.5 for i in (0, 1))
    second = row_of_coins(starts(keyed(torch.tensor([0])), STREAM + 977)[0], 0.5, 100_000).double() - 0.5
    assert abs((one * other).mean()) < 4.5 * 0.25 / math.sqrt(100_000)
    assert abs((one * second).mean()) < 4.5 * 0.25 / math.sqrt(100_000)
