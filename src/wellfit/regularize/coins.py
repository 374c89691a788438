"""Many coins from few keys: each a hash of its key and of what it belongs to, at the price of a plain generator.

`draws` hashes a place in a sample. Here the caller says what a coin belongs to, by a number: a pair of nodes, a word, a
place among a million edges. Numbers are scattered in place and a piece at a time, so that they stay in the cache.
"""

from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws

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
        stream: a random number of 63 bits, another for each use, so that none repeats another's coins.

    Returns:
        int64, shape (N,).
    """
    return draws.keys + stream


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


def border(p: float) -> int:
    """The signed number below which a scattered one falls with chance p.

    Args:
        p: in [0, 1). At 1 no number of 64 bits would do: callers answer that case themselves.
    """
    return int(p * (1 << 64)) - (1 << 63)


def signed(number: int) -> int:
    """A number's lower 64 bits, as torch's integers have them.

    Args:
        number: any.
    """
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def pieces(count: int, device: torch.device) -> Iterator[slice]:
    """Cuts of so many numbers: cache-sized ones on a CPU, one for all elsewhere."""
    step = _PIECE if device.type == "cpu" else max(count, 1)
    return (slice(begin, min(begin + step, count)) for begin in range(0, count, step))


def row_of_coins(start: Tensor, p: float, count: int) -> Tensor:
    """Coins of the places 0 to count - 1 of one sample, four from each hash, or two where p is close to 0 or 1.

    Args:
        start: int64, shape (), from `starts`.
        p: chance of True, in [0, 1].
        count: how many.

    Returns:
        bool, shape (count,).
    """
    if p >= 1:
        return torch.ones(count, dtype=torch.bool, device=start.device)
    bits, limit = _bits(p), _limits(start, p)
    each = 64 // bits
    coins = torch.empty(-(-count // each) * each, dtype=torch.bool, device=start.device)
    for cut in pieces(len(coins) // each, start.device):
        words = _steps(cut.stop - cut.start, start.device) + (start + signed(cut.start * GOLDEN))
        lanes = _folded(scatter(words)).view(_LANES[bits])
        torch.lt(lanes, limit, out=coins[each * cut.start : each * cut.stop])
    return coins[:count]


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
    bits, limits = _bits(p), _limits(starts, p)
    each = 64 // bits
    words = _folded(scatter((places // each + 1).mul_(GOLDEN).add_(starts)))
    return (words >> bits * (places % each)).to(_LANES[bits]) < limits


_LANES = {16: torch.int16, 32: torch.int32}
"""Parts of a hash that are coins of their own, the lowest bits first."""

_RARE = 2**-7
"""Where so few coins fall, or stay, 16 bits are too coarse."""


def _bits(p: float) -> int:
    return 16 if _RARE <= p <= 1 - _RARE else 32


def _limits(starts: Tensor, p: float) -> Tensor:
    """What a lane must be below, of each sample: p in its units, up or down by 16 bits of the sample's own.

    So p is met in the mean over samples and epochs, and by 2**-16 in each.
    """
    bits = _bits(p)
    rounded = (int(p * (1 << bits + 16)) + ((starts >> 40) & 0xFFFF)) >> 16
    return (rounded - (1 << bits - 1)).clamp_(max=(1 << bits - 1) - 1).to(_LANES[bits])


@cache
def _all_steps(device: torch.device) -> Tensor:
    return torch.arange(1, _PIECE + 1, device=device) * GOLDEN


def _steps(count: int, device: torch.device) -> Tensor:
    """GOLDEN, twice that and so on: what SplitMix64 adds to its start before it scatters."""
    if device.type == "cpu":
        return _all_steps(device)[:count]
    return torch.arange(1, count + 1, device=device).mul_(GOLDEN)


def _folded(words: Tensor) -> Tensor:
    """The upper half also over the lower one, which is weaker before it: SplitMix64's last step. In place."""
    return words.bitwise_xor_((words >> 31) & ((1 << 33) - 1))
