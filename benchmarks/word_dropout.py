"""Dropping whole words: wellfit against a Python loop over word ids, and nlpaug on strings, in CPU time of one thread.

python -m venv rivals && rivals/bin/pip install -r benchmarks/word_dropout-requirements.txt -c constraints.txt
OMP_NUM_THREADS=1 PYTHONPATH=src rivals/bin/python benchmarks/word_dropout.py --texts 64 --tokens 128
"""

import argparse
import platform
import random
from datetime import datetime, timezone
from importlib.metadata import version
from pydoc_data import topics

import nlpaug.augmenter.word as naw
import torch
from interleaved import table, take_turns
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from wellfit.regularize.text import WordDropout, word_ids_of

P = 0.1
SPECIALS = ["[PAD]", "[UNK]", "[MASK]"]
PAD, _, MASK = range(3)


def corpus(texts, tokens):
    """So many encoded texts of so many tokens from Python's own documentation, and their words as strings."""
    words = " ".join(topics.topics.values()).split()
    made = Tokenizer(models.WordPiece(unk_token=SPECIALS[1]))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(words, trainers.WordPieceTrainer(vocab_size=4000, special_tokens=SPECIALS))
    made.enable_truncation(tokens)
    made.enable_padding(length=tokens)
    length = int(0.55 * tokens)  # of the words in a text: with their pieces, about nine tenths of the tokens
    random.seed(0)
    begins = [random.randrange(len(words) - length) for _ in range(texts)]
    strings = [" ".join(words[b : b + length]) for b in begins]
    return made.encode_batch(strings), strings


def loop_mask(rows, ids):
    """What a collate function does by hand: a coin for each word of each row."""
    out = []
    for row, words in zip(ids, rows, strict=True):
        fall = {}
        for word in words:
            if word is not None and word not in fall:
                fall[word] = random.random() < P
        out.append([MASK if word is not None and fall[word] else token for token, word in zip(row, words, strict=True)])
    return torch.tensor(out)


def loop_delete(rows, ids):
    """The same, with the pieces taken out and the row filled up."""
    out = []
    for row, words in zip(ids, rows, strict=True):
        fall = {}
        for word in words:
            if word is not None and word not in fall:
                fall[word] = random.random() < P
        kept = [token for token, word in zip(row, words, strict=True) if word is None or not fall[word]]
        out.append(kept + [PAD] * (len(row) - len(kept)))
    return torch.tensor(out)


def loop_mask_types(rows, ids):
    """A coin for each tuple of pieces that a row has."""
    out = []
    for row, words in zip(ids, rows, strict=True):
        pieces = {}
        for token, word in zip(row, words, strict=True):
            if word is not None:
                pieces.setdefault(word, []).append(token)
        types = {word: tuple(tokens) for word, tokens in pieces.items()}
        fall = {kind: random.random() < P for kind in types.values()}
        out.append([MASK if word is not None and fall[types[word]] else t for t, word in zip(row, words, strict=True)])
    return torch.tensor(out)


def loop_mask_tokens(rows, ids):
    """A coin for each token that belongs to a word."""
    out = []
    for row, words in zip(ids, rows, strict=True):
        out.append([MASK if w is not None and random.random() < P else t for t, w in zip(row, words, strict=True)])
    return torch.tensor(out)


class Batch(dict):
    """As transformers' BatchEncoding, with the tokenizer's records."""

    is_fast = True

    def __init__(self, encoded):
        super().__init__(input_ids=torch.tensor([e.ids for e in encoded]))
        self.encodings = encoded


def looped(loop, batch):
    """A loop that asks the tokenizer for the words of its batch."""
    return loop([e.word_ids for e in batch.encodings], batch["input_ids"].tolist())


def turns(texts, tokens):
    """Contestants by what they are held against."""
    encoded, strings = corpus(texts, tokens)
    rows, lists = [e.word_ids for e in encoded], [e.ids for e in encoded]
    batch = Batch(encoded)
    ids, words = batch["input_ids"], word_ids_of(batch)
    index = torch.arange(texts)
    mask, delete = WordDropout(P, mask_id=MASK), WordDropout(P, mode="delete", pad_id=PAD)
    types, pieces = WordDropout(P, by="type", mask_id=MASK), WordDropout(P, by="token", mask_id=MASK)
    strings_only = naw.RandomWordAug(action="delete", aug_p=P, aug_max=None)
    share = float((ids != PAD).float().mean())
    print(f"{texts} texts of {tokens} tokens, {share:.0%} of them no padding, {len(strings[0].split())} words each\n")
    masks = {
        "a Python loop, mask": lambda: loop_mask(rows, lists),
        "wellfit, mask": lambda: mask(ids, words),
        "wellfit, mask, draws by index": lambda: mask(ids, words, index=index),
    }
    by_type = {
        "a Python loop, mask, by type": lambda: loop_mask_types(rows, lists),
        "wellfit, mask, by type": lambda: types(ids, words),
    }
    by_token = {
        "a Python loop, mask, by token": lambda: loop_mask_tokens(rows, lists),
        "wellfit, mask, by token": lambda: pieces(ids, words),
    }
    deletes = {
        "a Python loop, delete": lambda: loop_delete(rows, lists),
        "wellfit, delete": lambda: delete(ids, words),
    }
    asked = [
        {
            "a Python loop, mask, tokenizer asked": lambda: looped(loop_mask, batch),
            "wellfit, mask, tokenizer asked": lambda: mask(batch),
        },
        {
            "a Python loop, delete, tokenizer asked": lambda: looped(loop_delete, batch),
            "wellfit, delete, tokenizer asked": lambda: delete(batch),
        },
    ]
    augmenter = {
        "nlpaug RandomWordAug, delete, strings": lambda: strings_only.augment(strings),
        "wellfit, delete": deletes["wellfit, delete"],
        "wellfit, delete, tokenizer asked": lambda: delete(batch),
    }
    return masks, by_type, by_token, deletes, *asked, augmenter


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--texts", type=int, default=64)
    asked.add_argument("--tokens", type=int, default=128)
    asked.add_argument("--rounds", type=int, default=25)
    asked.add_argument("--calls", type=int, default=10, help="in a row, of one contestant in one round")
    asked = asked.parse_args()
    torch.set_num_threads(1)
    versions = f"torch {torch.__version__}, nlpaug {version('nlpaug')}, tokenizers {version('tokenizers')}"
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}, {platform.machine()}, {versions}, p={P}\n")
    for contestants in turns(asked.texts, asked.tokens):
        print(f"{table(take_turns(contestants, asked.rounds, asked.calls), next(iter(contestants)))}\n", flush=True)


if __name__ == "__main__":
    main()
