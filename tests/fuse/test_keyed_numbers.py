"""Numbers by key and counter: uniform, normal, and unlike for unlike keys."""

import numpy as np
import pytest
import torch

from wellfit.fuse.draws import Draws, Held
from wellfit.fuse.keyed import key, normals, uniforms

COUNT = 200_000


def by_numpy(word: int, count: int) -> np.ndarray:
    h = np.arange(count, dtype=np.uint32) + np.uint32(word & 0xFFFFFFFF)
    h ^= h >> np.uint32(16)
    h = h * np.uint32(0x85EBCA6B) + np.uint32(word >> 32)
    h ^= h >> np.uint32(13)
    h = h * np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)


@pytest.mark.parametrize("words", [(0,), (1, 2, 3), (2**63, -5)])
def test_numbers_are_the_functions_of_unsigned_words(words) -> None:
    word = key(*words)
    assert (uniforms([word], COUNT, "cpu")[0].numpy() == by_numpy(word, COUNT)).all()


def test_uniform_numbers_fill_every_bin_alike() -> None:
    rows = uniforms([key(s, t) for s in range(4) for t in range(4)], COUNT, "cpu")
    counts = torch.stack([torch.histc(row, 64, 0, 1) for row in rows])
    chi = ((counts - COUNT / 64) ** 2 / (COUNT / 64)).sum(1)  # 63 degrees of freedom: 30 to 110 but once in 3,000
    assert chi.min() > 30
    assert chi.max() < 110


def test_neighbouring_keys_and_counters_are_unrelated() -> None:
    rows = uniforms([key(0, step, place) for step in range(8) for place in range(3)], COUNT, "cpu")
    off = torch.corrcoef(rows) - torch.eye(len(rows))
    assert off.abs().max() < 5 / COUNT**0.5
    assert abs(np.corrcoef(rows[0][1:], rows[0][:-1])[0, 1]) < 5 / COUNT**0.5


def test_normal_numbers_have_the_moments_of_the_normal_distribution() -> None:
    z = normals([key(7)], COUNT, "cpu")[0].double()
    assert [z.mean(), z.var(), (z**3).mean(), (z**4).mean()] == pytest.approx([0, 1, 0, 3], abs=0.05)
    assert torch.isfinite(z).all()


def test_numbers_made_ahead_are_those_of_each_step() -> None:
    held: Held = {}
    steps = [(0, [1, 2], 5), (1, [1, 2], 5), (15, [1, 2], 5), (16, [1, 2], 5), (17, [2], 5), (18, [2], 9)]
    for step, seeds, size in steps:
        rows = torch.tensor([len(seeds) - 1, 0])
        for place in (0, 1):
            ours = Draws(seeds, step, rows, held).uniform(place, (4, size), torch.device("cpu"))
            assert torch.equal(ours, Draws(seeds, step, rows).uniform(place, (4, size), torch.device("cpu")))
    assert len(held) == 2
