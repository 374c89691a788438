"""Batches of real tokenizers: BERT's kind and GPT-2's, trained on Python's own documentation."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from regularize.text.texts import paragraphs, tokenizer
from torch import Tensor

from wellfit.regularize.text.word_dropout.method import WordDropout
from wellfit.regularize.text.words import word_ids_of

KINDS = pytest.mark.parametrize("kind", ["wordpiece", "bytes"])


def encoded(kind: str, count: int = 16, **options: Any) -> Any:
    return tokenizer(kind)(list(paragraphs()[:count]), padding=True, return_tensors="pt", **options)


@KINDS
def test_words_of_a_batch_are_those_of_its_text(kind: str) -> None:
    batch, made = encoded(kind), tokenizer(kind)
    words = word_ids_of(batch)
    assert words.shape == batch["input_ids"].shape
    assert ((words < 0) | (batch["attention_mask"] == 1)).all()
    row = batch["input_ids"][0]
    spelled = [made.decode(row[words[0] == w]).strip() for w in range(int(words[0].max()) + 1)]
    letters = paragraphs()[0].lower() if kind == "wordpiece" else paragraphs()[0]
    assert "".join("".join(spelled).split()) == "".join(letters.split())
    assert len(row[words[0] >= 0]) > len(spelled), "some words have several pieces"


@KINDS
def test_words_of_a_batch_fall_whole(kind: str) -> None:
    made, batch = tokenizer(kind), encoded(kind)
    words = word_ids_of(batch)
    out = WordDropout(0.3, mask_id=made.mask_token_id)(batch, index=torch.arange(16))
    assert type(out) is type(batch)
    gone = out["input_ids"] == made.mask_token_id
    assert not gone[words < 0].any()
    for row in range(len(words)):
        assert all(len(set(gone[row, words[row] == w].tolist())) == 1 for w in words[row].unique())
    first = (words >= 0) & (words != torch.nn.functional.pad(words, (1, 0), value=-1)[:, :-1])
    assert abs(gone[first].float().mean() - 0.3) < 5 * math.sqrt(0.21 / int(first.sum()))
    assert torch.equal(out["attention_mask"], batch["attention_mask"])


@KINDS
def test_a_type_falls_in_the_whole_text(kind: str) -> None:
    made, batch = tokenizer(kind), encoded(kind)
    words, ids = word_ids_of(batch), batch["input_ids"]
    gone = WordDropout(0.3, by="type", mask_id=made.mask_token_id)(batch)["input_ids"] == made.mask_token_id
    for row in range(len(ids)):
        fates: dict[tuple[int, ...], bool] = {}
        for word in words[row].unique().tolist():
            here = words[row] == word
            if word >= 0:
                assert fates.setdefault(tuple(ids[row, here].tolist()), bool(gone[row, here][0])) == bool(
                    gone[row, here][0]
                )


@KINDS
def test_deleted_words_take_their_masks_and_types_along(kind: str) -> None:
    made, batch = tokenizer(kind), encoded(kind, return_special_tokens_mask=True, return_offsets_mapping=True)
    batch["labels"] = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    pad = made.pad_token_id
    out = WordDropout(0.3, mode="delete", pad_id=pad, aligned={"labels": -100})(batch, index=torch.arange(16))
    assert torch.equal(out["attention_mask"] == 0, out["input_ids"] == pad)
    assert torch.equal(out["labels"], out["input_ids"].masked_fill(out["input_ids"] == pad, -100))
    assert out["special_tokens_mask"][out["input_ids"] == pad].all()
    assert (out["attention_mask"].sum(1) < batch["attention_mask"].sum(1)).all()
    start, end = out["offset_mapping"][0, 5].tolist()
    assert (
        made.convert_ids_to_tokens(int(out["input_ids"][0, 5])).strip("#Ġ")
        in paragraphs()[0][start:end].lower() + paragraphs()[0][start:end]
    )


def test_a_shortened_batch_is_asked_for_words_no_more() -> None:
    drop = WordDropout(0.3, mode="delete", pad_id=0)
    once = drop(encoded("wordpiece"))
    with pytest.raises(ValueError, match="straight from a fast tokenizer only"):
        drop(once)


@pytest.mark.parametrize(
    "numbers",
    [
        [None, 0, 0, 1, None, None],
        [None, None, 0, 1],
        [0, 1, 1, 2],
        [None, 0, None, 1, None],
        [None, 57, 57, 58, None],
        [None, None],
        [],
    ],
    ids=["right", "left", "full", "inside", "overflow", "none", "empty"],
)
def test_what_belongs_to_no_word_may_stand_anywhere(numbers: list[int | None]) -> None:
    record = SimpleNamespace(word_ids=list(numbers), n_sequences=1)
    batch = SimpleNamespace(is_fast=True, encodings=[record, record])
    assert word_ids_of(batch).tolist() == [[-1 if word is None else word for word in numbers]] * 2


def test_words_of_a_pair_are_not_taken_for_one() -> None:
    texts = list(paragraphs()[:4])
    batch = tokenizer("wordpiece")(texts, texts[::-1], padding=True, return_tensors="pt", return_token_type_ids=True)
    words, second = word_ids_of(batch), batch["token_type_ids"] == 1
    for row in range(4):
        first = {w for w in words[row, ~second[row]].tolist() if w >= 0}
        other = {w for w in words[row, second[row]].tolist() if w >= 0}
        assert first
        assert other
        assert not first & other


def test_a_tokenizer_that_knows_no_words_is_told() -> None:
    batch = encoded("spaces")
    with pytest.raises(ValueError, match=r"calls \d+ tokens one word.*by='token'"):
        WordDropout(0.3, mask_id=4)(batch)
    assert (WordDropout(0.3, by="token", mask_id=4)(batch)["input_ids"] == 4).any()


def test_batches_without_words_or_of_several_lengths_are_told() -> None:
    made = tokenizer("wordpiece")
    texts = list(paragraphs()[:2])
    with pytest.raises(ValueError, match=r"padded to one length \(padding=True\), got \d+ to \d+ tokens"):
        word_ids_of(made(texts))
    with pytest.raises(TypeError, match="got list: pad the texts to one length"):
        WordDropout(0.3, mask_id=4)(made(texts, padding=True))
    collated = made.pad([dict(made(text)) for text in texts], return_tensors="pt")
    with pytest.raises(ValueError, match="straight from a fast tokenizer only"):
        WordDropout(0.3, mask_id=4)(collated)


def test_a_model_reads_what_comes_back() -> None:
    table = torch.nn.Embedding(600, 8)

    def model(input_ids: Tensor, attention_mask: Tensor, labels: Tensor, **others: Tensor) -> Tensor:
        seen = table(input_ids) * attention_mask[..., None]
        return torch.nn.functional.cross_entropy(seen.sum(1) / attention_mask.sum(1, keepdim=True), labels)

    for mode in ("mask", "delete"):
        batch = encoded("wordpiece", 4)
        batch["labels"] = torch.tensor([0, 1, 0, 1])
        assert torch.isfinite(model(**WordDropout(0.3, mode=mode, mask_id=4, pad_id=0)(batch)))
