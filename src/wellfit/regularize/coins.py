"""Many coins from few keys: each a hash of its key and of what it belongs to, at the price of a plain generator.

`draws` hashes a place in a sample. Here the caller says what a coin belongs to, by a number: a pair of nodes, a word, a
place among a million edges. Numbers are scattered in place and a piece at a time, so that they stay in the cache.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws, mix

GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)
_FIRST = 0xBF58476D1CE4E5B9 - (1 << 64)
_SECOND = 0x94D049BB133111EB - (1 << 64)
"""Constants of SplitMix64 (Steele, Lea, Flood 2014), as signed 64-bit integers, which torch has."""

_PIECE = 1 << 15
"""Numbers scattered at a time on a CPU: 256 KiB and as much for the shifted ones; of 2**12 to 2**20 the fastest."""


def starts(draws: Draws, stream: int) -> Tensor:
    """Where each sample's numbers begin.

    Args:
        draws: of N samples.
        stream: each use has one of its own, so that none repeats another's coins.

    Returns:
        int64, shape (N,).
    """
    return mix(draws.keys + mix(torch.tensor(stream, device=draws.keys.device)))


def scatter(values: Tensor) -> Tensor:
    """Scatter bits in place; the upper half is good, which is all that a coin looks at.

    SplitMix64's finalizer with signed shifts, which lose a bit of 64 and save two passes, and without its last step.

    Args:
        values: int64, any shape; changed.

    Returns:
        The same tensor.
    """
    shifted = values >> 30
    values.bitwise_xor_(shifted).mul_(_FIRST)
    torch.bitwise_right_shift(values, 27, out=shifted)
    return values.bitwise_xor_(shifted).mul_(_SECOND)


def border(p: float, bits: int = 64) -> int:
    """The signed number below which a scattered one falls with chance p, for numbers of so many bits.

    Args:
        p: in [0, 1). At 1 no number of that size would do: callers answer that case themselves.
        bits: 32 or 64.
    """
    return int(p * (1 << bits)) - (1 << bits - 1)


def pieces(count: int, device: torch.device) -> Iterator[slice]:
    """Cuts of so many numbers: cache-sized ones on a CPU, one for all elsewhere."""
    step = _PIECE if device.type == "cpu" else max(count, 1)
    return (slice(begin, min(begin + step, count)) for begin in range(0, count, step))


def row_of_coins(start: Tensor, p: float, count: int) -> Tensor:
    """Coins of the places 0 to count - 1 of one sample, two from each hash.

    Args:
        start: int64, shape (), from `starts`.
        p: chance of True, in [0, 1].
        count: how many.

    Returns:
        bool, shape (count,).
    """
    if p >= 1:
        return torch.ones(count, dtype=torch.bool, device=start.device)
    halves = torch.empty(count + count % 2, dtype=torch.bool, device=start.device)
    for cut in pieces(len(halves) // 2, start.device):
        words = torch.arange(cut.start + 1, cut.stop + 1, device=start.device).mul_(GOLDEN).add_(start)
        scattered = _folded(scatter(words)).view(torch.int32)
        torch.lt(scattered, border(p, 32), out=halves[2 * cut.start : 2 * cut.stop])
    return halves[:count]


def coins_at(starts: Tensor, places: Tensor, p: float) -> Tensor:
    """The coins that `row_of_coins` has at these places of these samples.

    Args:
        starts: int64, shape (M,), one for each coin.
        places: int64, shape (M,), from 0.
        p: chance of True, in [0, 1].

    Returns:
        bool, shape (M,).
    """
    if p >= 1:
        return torch.ones_like(places, dtype=torch.bool)
    words = _folded(scatter(((places >> 1) + 1).mul_(GOLDEN).add_(starts)))
    return (words >> 32 * (places & 1)).to(torch.int32) < border(p, 32)


def _folded(words: Tensor) -> Tensor:
    """The upper half also over the lower one, which is weaker before it: SplitMix64's last step. In place."""
    return words.bitwise_xor_((words >> 31) & ((1 << 33) - 1))
