"""Which tokens of a batch fall: a score for each word, type or token of a text, and whether it is low.

A score is the product of two random numbers, one of the text and one of the word, of which the upper bits are looked at
(multiply-shift, Dietzfelbinger et al. 1997). The scores of a text stand in a table with a column for each word, from
which every piece takes its word's; column 0 is for tokens that never fall, and its score 0.
"""

from functools import cache
from typing import Literal

import torch
from torch import Tensor

from wellfit.regularize.coins import border, scatter, signed, starts
from wellfit.regularize.draws import Draws, mix

By = Literal["word", "token", "type"]

_COINS = 0x4541_8C0B_4D64_5FA6
"""Stream of the draws: 63 random bits."""

_PIECE = 1 << 15
"""Tokens looked at together on a CPU, so that what is computed on the way stays in the cache."""

_SPARSE = 8
"""Tables may be so many times as wide as the batch; words with ids beyond go without, or are counted anew."""

_BASE = 0x3C6E_F372_FE94_F82B
_UNBASE = pow(_BASE, -1, 1 << 64)
"""Of the polynomial that tells types apart: a random odd number of 62 bits, and the one that undoes it."""

_LEAST, _MOST = torch.iinfo(torch.int64).min, torch.iinfo(torch.int64).max


def highest_of(word_ids: Tensor) -> int | None:
    """The highest word id; None where there is none, or another device would have to be waited for."""
    return int(word_ids.max()) if word_ids.device.type == "cpu" and word_ids.numel() else None


def chosen(  # noqa: PLR0913 - a batch and how to draw
    token_ids: Tensor, word_ids: Tensor, p: float, by: By, draws: Draws, *, highest: int | None, keep_one: bool
) -> Tensor:
    """The tokens that fall.

    Args:
        token_ids: int64, shape (N, T).
        word_ids: int64, shape (N, T); negative never falls.
        p: chance, in [0, 1].
        by: whether a word's pieces, a token alone, or all words of the same pieces share a coin.
        draws: of N samples. The coins of one do not hang on the others, nor on its padding.
        highest: word id, from `highest_of`.
        keep_one: a row that would lose all keeps the last to go.

    Returns:
        bool, shape (N, T).
    """
    if word_ids.numel() == 0 or (highest is not None and highest < 0):
        return word_ids >= 0
    keys, rows = starts(draws, _COINS)[:, None], max(1, _PIECE // word_ids.shape[1])
    if word_ids.device.type != "cpu" or len(word_ids) <= rows:
        return _chosen(token_ids, word_ids, keys, p=p, by=by, highest=highest, keep_one=keep_one)
    parts = zip(*(whole.split(rows) for whole in (token_ids, word_ids, keys)), strict=True)
    return torch.cat([_chosen(*part, p=p, by=by, highest=highest, keep_one=keep_one) for part in parts])


def _chosen(  # noqa: PLR0913 - as above
    token_ids: Tensor, word_ids: Tensor, keys: Tensor, *, p: float, by: By, highest: int | None, keep_one: bool
) -> Tensor:
    if by == "token":
        columns, scores = _by_token(word_ids, keys)
    elif by == "type":
        columns, scores = _by_type(token_ids, word_ids, keys, highest)
    elif highest is not None and highest < _SPARSE * word_ids.shape[1]:
        columns, scores = (word_ids + 1).clamp_(min=0), keys * _factors(highest + 2, keys.device)
    else:
        scores = (keys * _factor(word_ids + 1)).masked_fill_(word_ids < 0, _LEAST)
        return (scores < _limit(scores, p, keep_one=keep_one)).logical_and_(word_ids >= 0)
    if keep_one:
        scores.select(1, 0).fill_(_LEAST)
    fall = scores < _limit(scores.gather(1, columns) if keep_one else scores, p, keep_one=keep_one)
    if keep_one or p > 1 / 2:  # else its score of 0 is not low
        fall.select(1, 0).fill_(value=False)
    return fall.gather(1, columns)


def _limit(scores: Tensor, p: float, *, keep_one: bool) -> Tensor | int:
    """What falling scores lie below: of each row at most its highest one, so that this one stays."""
    limit = min(border(p), _MOST)  # at p = 1 one score of 2**64 stays
    return scores.amax(1, keepdim=True).clamp_(max=limit) if keep_one else limit


def _by_token(word_ids: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """The column of each token, int64, shape (N, T), and the score of each column, int64, shape (N, W)."""
    real = word_ids >= 0
    places = real.cumsum(1)  # among the row's tokens: padding in front must not move them
    return places.mul_(real), keys * _factors(word_ids.shape[1] + 1, keys.device)


def _by_type(token_ids: Tensor, word_ids: Tensor, keys: Tensor, highest: int | None) -> tuple[Tensor, Tensor]:
    """As `_by_token`."""
    highest = int(word_ids.max()) if highest is None else highest
    if highest < _SPARSE * word_ids.shape[1]:
        columns = (word_ids + 1).clamp_(min=0)
    else:
        columns = (word_ids.unique(return_inverse=True)[1] + 1).masked_fill_(word_ids < 0, 0)
        highest = int(columns.max()) - 1
    return columns, scatter(_types(token_ids, columns, max(highest, -1) + 2).mul_(keys))


def _types(token_ids: Tensor, columns: Tensor, width: int) -> Tensor:
    """A hash of each column's pieces in their order; int64, shape (N, W).

    A polynomial of the pieces, whose first one stands at degree 0 wherever the word does.
    """
    length, device, size = columns.shape[1], columns.device, (len(columns), width)
    terms = (token_ids + 1).mul_(_powers(_BASE, length, device))
    sums: Tensor = terms.new_zeros(size).scatter_add_(1, columns, terms)
    places = torch.arange(length, device=device).expand_as(columns)
    first: Tensor = columns.new_full(size, length).scatter_reduce_(1, columns, places, "amin")
    sums.select(1, 0).zero_()
    return sums.mul_(_powers(_UNBASE, length + 1, device).index_select(0, first.view(-1)).view(size))


def _factor(columns: Tensor) -> Tensor:
    """A random odd number for each."""
    return mix(columns).bitwise_or_(1)


def _factors(count: int, device: torch.device) -> Tensor:
    """Of the columns from 0."""
    return _known_factors(1 << (count - 1).bit_length(), device)[:count]


@cache
def _known_factors(count: int, device: torch.device) -> Tensor:
    factors = _factor(torch.arange(count, device=device))
    factors[0] = 0
    return factors


def _powers(base: int, count: int, device: torch.device) -> Tensor:
    """1, base, base**2 and so on, of their lower 64 bits."""
    return _known_powers(base, 1 << (count - 1).bit_length(), device)[:count]


@cache
def _known_powers(base: int, count: int, device: torch.device) -> Tensor:
    return torch.tensor([signed(pow(base, degree, 1 << 64)) for degree in range(count)], device=device)
