"""Regularizers on token ids: whole words left out in training."""

from wellfit.regularize.text.word_dropout.close_up import close_up
from wellfit.regularize.text.word_dropout.method import WordDropout, drop_words
from wellfit.regularize.text.words import word_ids_of

__all__ = ["WordDropout", "close_up", "drop_words", "word_ids_of"]
