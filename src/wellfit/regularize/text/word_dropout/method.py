"""Mask or delete some words of a text, all pieces of a word together."""

import copy
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Literal

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws, drawn
from wellfit.regularize.method import Method, fraction
from wellfit.regularize.text.word_dropout.card import WORD_DROPOUT
from wellfit.regularize.text.word_dropout.choose import By, chosen, highest_of
from wellfit.regularize.text.word_dropout.close_up import Side, close_up, moved, places_of
from wellfit.regularize.text.words import word_ids_of

Mode = Literal["mask", "delete"]

FILLS = {"attention_mask": 0, "token_type_ids": 0, "special_tokens_mask": 1, "offset_mapping": 0, "word_ids": -1}
"""What a batch may hold for each token, and what stands for one that is none."""


def drop_words(  # noqa: PLR0913 - keyword-only options
    token_ids: Tensor,
    word_ids: Tensor,
    *,
    p: float,
    mask_id: int,
    by: By = "word",
    draws: Draws | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Replace whole words by one token, all pieces of a word together.

    Args:
        token_ids: int64, shape (N, T).
        word_ids: int64, shape (N, T); equal values in a row are one word, negative marks special tokens and padding
            (kept).
        p: chance that a word is dropped, in [0, 1].
        mask_id: token id that stands for each piece of a dropped word, usually mask or unk.
        by: "word" draws for each word; "token" for each piece alone; "type" for each tuple of pieces, so that a word
            falls in a row wherever it stands, as in variational dropout.
        draws: numbers of the N samples.
        generator: draws them where they are not given; torch's default one where None.

    Returns:
        int64, shape (N, T); a new tensor.

    Raises:
        ValueError: if p lies outside [0, 1], by is unknown, or the shapes differ.
        TypeError: if ids are no tensors of whole numbers.

    Example:
        >>> drop_words(torch.tensor([[101, 7, 8, 9, 102]]), torch.tensor([[-1, 0, 0, 1, -1]]), p=1.0, mask_id=103)
        tensor([[101, 103, 103, 103, 102]])

    Source:
        Merity et al., awd-lstm-lm, embed_regularize.py, for by="type"; Iyyer et al. 2015 for words left out.
    """
    p = fraction("p", p)
    _check_by(by)
    _check_ids(token_ids, word_ids)
    draws = drawn(len(token_ids), generator=generator, device=token_ids.device) if draws is None else draws
    gone = chosen(token_ids, word_ids, p, by, draws, highest=highest_of(word_ids), keep_one=False)
    return token_ids.masked_fill(gone, mask_id)


def _check_by(by: str) -> None:
    if by not in {"word", "token", "type"}:
        raise ValueError(f"by must be 'word', 'token' or 'type', got {by!r}")


def _check_ids(token_ids: Any, word_ids: Any) -> None:
    for name, ids in (("token_ids", token_ids), ("word_ids", word_ids)):
        if not isinstance(ids, Tensor):
            kind = type(ids).__name__
            raise TypeError(f"{name} must be a tensor of shape (N, T), got {kind}: pad the texts to one length")
        if ids.dtype not in {torch.int64, torch.int32}:
            raise TypeError(f"{name} must be int64 or int32, got {ids.dtype}")
        if ids.dim() != 2:  # noqa: PLR2004 texts and tokens
            raise ValueError(f"{name} must be of shape (N, T), got {tuple(ids.shape)}")
    if token_ids.shape != word_ids.shape:
        shapes = tuple(word_ids.shape), tuple(token_ids.shape)
        raise ValueError(f"word_ids must have the shape of token_ids, got {shapes[0]} and {shapes[1]}")


class WordDropout(Method):
    """Masks or deletes each word with chance p, all its pieces together; off in eval().

    Takes token ids, or a batch of a Hugging Face tokenizer, or any mapping with `input_ids`, and leaves what it was
    given as it is. Special tokens and padding never fall. In mode "delete" a text keeps at least one word, or token, or
    type, also at p = 1, and its width T.

    Labels are never masked. A causal model whose labels are a copy of the inputs is thus asked for words that it was
    not shown, which is what word dropout means there. To spare some places, set their word id to -1.

    Args:
        p: chance that a word is dropped at strength 1, in [0, 1].
        by: "word" draws for each word; "token" for each piece alone, for which no word ids are needed; "type" for each
            tuple of pieces, so that a word falls in a text wherever it stands.
        mode: "mask" puts mask_id for each piece; "delete" takes the pieces out, closes the gaps and fills up with
            pad_id.
        mask_id: needed for mode "mask": tokenizer.mask_token_id, or unk_token_id.
        pad_id: needed for mode "delete": tokenizer.pad_token_id.
        special_ids: token ids that never fall, such as tokenizer.all_special_ids; pad_id is one of them.
        aligned: for mode "delete", names in a batch that hold a value for each token, and what fills up, as in
            {"labels": -100}; None says that a name does not. Known already: attention_mask, token_type_ids,
            special_tokens_mask, offset_mapping and word_ids.
        padding_side: for mode "delete", "left" for batches that are padded in front.
        strength, seed, generator: as of every method.

    Raises:
        ValueError: if p or strength lies outside [0, 1], by or mode is unknown, or the mode's id is missing.
        TypeError: if the mode's id is no whole number.

    Example:
        >>> drop = WordDropout(1.0, mode="delete", pad_id=0)
        >>> ids, words = torch.tensor([[2, 7, 7, 3, 0]]), torch.tensor([[-1, 0, 1, -1, -1]])
        >>> drop(ids, words)
        tensor([[2, 7, 3, 0, 0]])
        >>> drop.eval()(ids, words) is ids
        True

    Source:
        Merity et al., awd-lstm-lm, embed_regularize.py, for by="type"; Iyyer et al. 2015 for words left out.
    """

    card = WORD_DROPOUT

    def __init__(  # noqa: PLR0913 - keyword-only options
        self,
        p: float = WORD_DROPOUT.full,
        *,
        by: By = "word",
        mode: Mode = "mask",
        mask_id: int | None = None,
        pad_id: int | None = None,
        special_ids: Sequence[int] = (),
        aligned: Mapping[str, int | None] | None = None,
        padding_side: Side = "right",
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.p = fraction("p", p)
        self.by: By = by
        self.mode: Mode = mode
        self.padding_side: Side = padding_side
        self.mask_id, self.pad_id = mask_id, pad_id
        self.special_ids = (*special_ids, *([] if pad_id is None else [pad_id]))
        self.aligned: dict[str, int | None] = {**FILLS, **(aligned or {})}
        self._check_choices()
        if p == 0:
            self.say_no_effect("p is 0")

    def _check_choices(self) -> None:
        _check_by(self.by)
        if self.padding_side not in {"right", "left"}:
            raise ValueError(f"padding_side must be 'right' or 'left', got {self.padding_side!r}")
        needed = {"mask": ("mask_id", self.mask_id), "delete": ("pad_id", self.pad_id)}
        if self.mode not in needed:
            raise ValueError(f"mode must be 'mask' or 'delete', got {self.mode!r}")
        name, value = needed[self.mode]
        if value is None:
            raise ValueError(f"{name} must be given for mode {self.mode!r}, got None")
        if not hasattr(value, "__index__"):
            raise TypeError(f"{name} must be a token id, got {value!r}")

    def forward(self, batch: Any, word_ids: Tensor | None = None, *, index: Tensor | None = None) -> Any:
        """Drop words.

        Args:
            batch: token ids, int64, shape (N, T), or a mapping that holds them as `input_ids`, with attention_mask,
                labels and whatever else belongs to a batch.
            word_ids: int64, shape (N, T); equal values in a row are one word, negative marks tokens that never fall.
                None takes `word_ids` of the mapping, or asks a batch straight from a fast tokenizer, or with
                by="token" counts each token.
            index: int64, shape (N,), the texts' places in the data set, to which the draws then belong, whatever
                batch they stand in and however it is padded.

        Returns:
            As batch: token ids, or a copy of the mapping.

        Raises:
            ValueError: if shapes differ, words are not known, or mode "delete" meets labels or position_ids of which
                `aligned` says nothing.
            TypeError: if ids are no tensors of whole numbers.
        """
        if not self.acts or self.p == 0:
            return batch
        if isinstance(batch, Mapping):
            return self._of_mapping(batch, word_ids, index)
        gone = self._gone(batch, self._words(batch, word_ids, None), index)
        return self._without(batch, gone)

    def _of_mapping(self, batch: Any, word_ids: Tensor | None, index: Tensor | None) -> Any:
        if "input_ids" not in batch:
            raise ValueError(f"the batch must hold input_ids, got {', '.join(map(str, batch.keys()))}")
        token_ids = batch["input_ids"]
        word_ids = self._words(token_ids, self._found(batch, word_ids), batch.get("attention_mask"))
        gone = self._gone(token_ids, word_ids, index)
        changed = copy.copy(batch)
        if self.mode == "delete":
            self._move_along(changed, gone)
        else:
            changed["input_ids"] = self._without(token_ids, gone)
        return changed

    def _found(self, batch: Any, word_ids: Tensor | None) -> Tensor | None:
        if word_ids is None and "word_ids" in batch:
            word_ids = batch["word_ids"]
        if word_ids is None and self.by != "token":
            word_ids = word_ids_of(batch)
        return word_ids

    def _words(self, token_ids: Any, word_ids: Tensor | None, attention_mask: Tensor | None) -> Tensor:
        """Word ids, and -1 for whatever must not fall."""
        if word_ids is None and self.by != "token":
            raise ValueError(f"word_ids must be given with by={self.by!r}, got None")
        _check_ids(token_ids, token_ids if word_ids is None else word_ids)
        word_ids = (torch.zeros_like(token_ids) if word_ids is None else word_ids).to(token_ids.device, torch.int64)
        exempt = [token_ids == special for special in self.special_ids]
        if isinstance(attention_mask, Tensor) and attention_mask.shape == token_ids.shape:
            exempt.append(attention_mask == 0)  # a mask of another shape says who sees whom, not what is padding
        return word_ids.masked_fill(reduce(Tensor.logical_or_, exempt), -1) if exempt else word_ids

    def _gone(self, token_ids: Tensor, word_ids: Tensor, index: Tensor | None) -> Tensor:
        draws = self.common_draws(len(token_ids), token_ids.device, index)  # no other method has the stream of `chosen`
        highest = highest_of(word_ids)
        if highest is not None and highest < 0:
            self.say_no_effect("no token of the batch belongs to a word")
        chance, keep_one = self.p * self.strength, self.mode == "delete"
        return chosen(token_ids, word_ids, chance, self.by, draws, highest=highest, keep_one=keep_one)

    def _without(self, token_ids: Tensor, gone: Tensor) -> Tensor:
        if self.mode == "mask" and self.mask_id is not None:
            return token_ids.masked_fill(gone, self.mask_id)
        return close_up(token_ids, gone, self.pad_id or 0, self.padding_side)

    def _move_along(self, batch: Any, gone: Tensor) -> None:
        """Close the gaps in what belongs to tokens, in a batch that is a copy."""
        self._check_told(batch)
        places = places_of(gone, self.padding_side)
        for name, fill in {**self.aligned, "input_ids": self.pad_id}.items():
            if fill is not None and name in batch:
                _check_aligned(name, batch[name], gone)
                batch[name] = moved(batch[name], places, fill)
        if getattr(batch, "is_fast", False):
            batch._encodings = None  # noqa: SLF001 the tokenizer's own records tell of the text before, and are asked for words

    def _check_told(self, batch: Any) -> None:
        """Labels may belong to tokens, to another text or to the whole one: a shape does not tell."""
        for name in ("labels", "position_ids"):
            value = batch.get(name)
            if name not in self.aligned and isinstance(value, Tensor) and value.dim() > 1:
                raise ValueError(
                    f"aligned must say whether {name} of shape {tuple(value.shape)} hold a value for each token: "
                    f"{{'{name}': {-100 if name == 'labels' else 0}}} if so, {{'{name}': None}} if not"
                )

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"p={self.p}, by={self.by!r}, mode={self.mode!r}, strength={self.strength}"


def _check_aligned(name: str, value: object, tokens: Tensor) -> None:
    if not isinstance(value, Tensor) or value.shape[:2] != tokens.shape:
        shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"{name} must be a tensor of shape {tuple(tokens.shape)} as input_ids, got {shape}")
