"""Real texts without a download, Python's own documentation, and tokenizers trained on them."""

from functools import cache
from pydoc_data import topics
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@cache
def paragraphs() -> tuple[str, ...]:
    """Of more than 20 words, from the longest pages."""
    pages = sorted(topics.topics.values(), key=len)[-12:]
    found = [" ".join(part.split()) for page in pages for part in page.split("\n\n")]
    return tuple(part for part in found if len(part.split()) > 20)


@cache
def tokenizer(kind: str) -> Any:
    """A fast tokenizer of transformers: "wordpiece" as BERT's, "bytes" as GPT-2's, "spaces" that knows no words."""
    transformers = pytest.importorskip("transformers")
    made = {"wordpiece": wordpiece, "bytes": byte_pairs, "spaces": no_words}[kind]()
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIALS, strict=True))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **names)


def wordpiece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token=SPECIALS[1]))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.train_from_iterator(paragraphs(), trainers.WordPieceTrainer(vocab_size=600, special_tokens=SPECIALS))
    ends = [(name, made.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    return made


def byte_pairs() -> Tokenizer:
    made = Tokenizer(models.BPE(unk_token=SPECIALS[1]))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    made.train_from_iterator(paragraphs(), trainers.BpeTrainer(vocab_size=600, special_tokens=SPECIALS))
    return made


def no_words() -> Tokenizer:
    """As Llama's first one: spaces are letters, and a text is one word."""
    made = Tokenizer(models.BPE(unk_token=SPECIALS[1]))
    made.normalizer = normalizers.Replace(" ", "_")
    made.train_from_iterator(paragraphs(), trainers.BpeTrainer(vocab_size=600, special_tokens=SPECIALS))
    return made
