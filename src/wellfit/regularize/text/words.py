"""Which token belongs to which word, for batches that come from a tokenizer."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

_LONGEST_WORD = 32
"""Pieces. A text of more that is one single word was not cut into words at all: its tokenizer knows none."""


def word_ids_of(encoding: Any) -> Tensor:
    """The words of a batch, as its tokenizer cut them.

    Args:
        encoding: what a fast tokenizer of Hugging Face gives for a batch of texts, padded to one length. The second
            text of a pair counts on where the first one ended, so that no word of it is one with the first text's.

    Returns:
        int64, shape (N, T): equal in a row for the pieces of one word; -1 for special tokens and padding.

    Raises:
        ValueError: if the batch does not know its words, its rows differ in length, or a text of more than 32 tokens
            is one single word, as with tokenizers that do not cut at spaces.
    """
    if not getattr(encoding, "is_fast", False):
        raise ValueError(
            "word ids are known to a batch straight from a fast tokenizer only: take them there with word_ids_of, and "
            "hand them over as word_ids"
        )
    rows = [_row(encoding.word_ids(i), encoding.sequence_ids(i)) for i in range(len(encoding["input_ids"]))]
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise ValueError(
            f"texts must be padded to one length (padding=True), got {min(lengths)} to {max(lengths)} tokens"
        )
    return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), *lengths or {0})


def _row(words: Sequence[int | None], texts: Sequence[int | None]) -> list[int]:
    """Word numbers count from 0 in each text: those of a second one are moved behind the first one's."""
    _check_words(words)
    behind = 1 + max((w for w, text in zip(words, texts, strict=True) if w is not None and text == 0), default=-1)
    return [-1 if w is None else w + behind * (text or 0) for w, text in zip(words, texts, strict=True)]


def _check_words(words: Sequence[int | None]) -> None:
    pieces = [w for w in words if w is not None]
    if len(pieces) > _LONGEST_WORD and len(set(pieces)) == 1:
        raise ValueError(
            f"the tokenizer calls {len(pieces)} tokens one word, so that it knows no words: use by='token'"
        )
