"""Which token belongs to which word, for batches that come from a tokenizer."""

import struct
from itertools import chain
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
    rows = [_row(one) for one in encoding.encodings]
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        shortest, longest = min(lengths), max(lengths)
        raise ValueError(f"texts must be padded to one length (padding=True), got {shortest} to {longest} tokens")
    words = _as_tensor(rows)
    _check_words(words)
    return words


def _row(record: Any) -> list[int]:
    """The words of a tokenizer's record of one text or of a pair.

    Word numbers count from 0 in each text: those of a second one are moved behind the first one's.
    """
    if record.n_sequences > 1:
        return _pair(record.word_ids, record.sequence_ids)
    words: list[Any] = record.word_ids
    strangers, lead = words.count(None), 0
    while lead < strangers and words[lead] is None:
        lead += 1
    tail = strangers - lead
    inner = words[lead : len(words) - tail]
    if None in inner:
        return [-1 if word is None else word for word in words]
    return [-1] * lead + inner + [-1] * tail  # several times as fast as a look at each


def _pair(words: list[int | None], texts: list[int | None]) -> list[int]:
    first = max((w for w, text in zip(words, texts, strict=True) if w is not None and text == 0), default=-1)
    return [-1 if w is None else w + (first + 1) * (text or 0) for w, text in zip(words, texts, strict=True)]


def _as_tensor(rows: list[list[int]]) -> Tensor:
    """As torch.tensor, which takes several times as long for nested lists."""
    numbers = list(chain.from_iterable(rows))
    if not numbers:
        return torch.empty(len(rows), 0, dtype=torch.int64)
    buffer = bytearray(8 * len(numbers))
    struct.pack_into(f"{len(numbers)}q", buffer, 0, *numbers)
    return torch.frombuffer(buffer, dtype=torch.int64).view(len(rows), -1)


def _check_words(words: Tensor) -> None:
    """A text's first word has number 0: where that is its last one too, it has no other."""
    if words.numel() == 0:
        return
    single = words.amax(1) == 0
    if single.any() and (longest := int((words == 0).sum(1)[single].max())) > _LONGEST_WORD:
        raise ValueError(f"the tokenizer calls {longest} tokens one word, so that it knows no words: use by='token'")
