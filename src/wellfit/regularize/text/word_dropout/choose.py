"""Which tokens of a batch fall: a number for each, the same for those that fall together, and a coin by that number."""

from typing import Literal

import torch
from torch import Tensor

from wellfit.regularize.coins import GOLDEN, border, scatter, starts
from wellfit.regularize.draws import Draws

By = Literal["word", "token", "type"]

_COINS = 0x4541_8C0B_4D64_5FA6
"""Stream of the draws: 63 random bits."""

_PIECE = 1 << 15
"""Tokens looked at together on a CPU, so that what is computed on the way stays in the cache."""

_PLACE_BITS = 40
"""A token id takes less; the piece's place in its word stands above."""

_SPARSE = 8
"""Tables of word ids may be so many times as wide as the batch; ids beyond are counted anew."""


def chosen(  # noqa: PLR0913 - a batch and how to draw
    token_ids: Tensor, word_ids: Tensor, p: float, by: By, draws: Draws, *, keep_one: bool
) -> Tensor:
    """The tokens that fall.

    Args:
        token_ids: int64, shape (N, T).
        word_ids: int64, shape (N, T); negative never falls.
        p: chance, in [0, 1].
        by: whether a word's pieces, a token alone, or all words of the same pieces share a coin.
        draws: of N samples. The coins of one do not hang on the others, nor on its padding.
        keep_one: a row that would lose all keeps the last to go.

    Returns:
        bool, shape (N, T).
    """
    if word_ids.numel() == 0:
        return word_ids >= 0
    start, rows = starts(draws, _COINS), max(1, _PIECE // word_ids.shape[1])
    if word_ids.device.type != "cpu" or len(word_ids) <= rows:
        return _chosen(token_ids, word_ids, p, by, start, keep_one=keep_one)
    parts = zip(*(whole.split(rows) for whole in (token_ids, word_ids, start)), strict=True)
    return torch.cat([_chosen(ids, words, p, by, some, keep_one=keep_one) for ids, words, some in parts])


def _chosen(  # noqa: PLR0913 - as above
    token_ids: Tensor, word_ids: Tensor, p: float, by: By, start: Tensor, *, keep_one: bool
) -> Tensor:
    real = word_ids >= 0
    scores: Tensor = _scores(token_ids, word_ids, real, by, start)
    fall = real if p >= 1 else real & (scores < border(p))
    if not keep_one:
        return fall
    last = scores.masked_fill(~real, torch.iinfo(torch.int64).min).amax(1, keepdim=True)
    return fall & (scores != last)


def _scores(token_ids: Tensor, word_ids: Tensor, real: Tensor, by: By, start: Tensor) -> Tensor:
    """Scattered numbers, equal for tokens that fall together; int64, shape (N, T)."""
    if by == "word":
        together = word_ids * GOLDEN
    elif by == "token":
        together = real.cumsum(1).mul_(GOLDEN)  # its place among the row's tokens: padding in front must not move it
    else:
        together = _types(token_ids, word_ids).mul_(GOLDEN)
    return scatter(together.add_(start[:, None]))


def _types(token_ids: Tensor, word_ids: Tensor) -> Tensor:
    """A hash of each word's pieces in their order, for each of its tokens; int64, shape (N, T)."""
    words = _narrow(word_ids) + 1
    rows, width = word_ids.shape
    places = torch.arange(width, device=word_ids.device).expand(rows, width)
    size = (rows, int(words.max()) + 1)
    first: Tensor = places.new_full(size, width).scatter_reduce_(1, words, places, "amin")
    pieces = scatter((places - first.gather(1, words) << _PLACE_BITS).add_(token_ids))
    sums: Tensor = pieces.new_zeros(size).scatter_add_(1, words, pieces)
    return sums.gather(1, words)


def _narrow(word_ids: Tensor) -> Tensor:
    """Word ids that a table can hold, -1 for negative ones."""
    word_ids = word_ids.clamp(min=-1)
    if int(word_ids.max()) < _SPARSE * word_ids.shape[1]:
        return word_ids
    dense: Tensor = word_ids.unique(return_inverse=True)[1]
    return dense.masked_fill(word_ids < 0, -1)
