"""What to know about word dropout."""

from wellfit.regularize.card import Card

WORD_DROPOUT = Card(
    name="word_dropout",
    family="text",
    title="Mask or delete some words of a text, all pieces of a word together.",
    parameter="p, the chance of each word",
    full=0.1,
    suggested="0.1 of whole words, or of word types, in recurrent models; 0 to 0.1 when an encoder is fine-tuned on "
    "little data; 0.1 to 0.2 in small classifiers from scratch; 0 where a single word decides, as a negation may",
    costs="0.7 ms for 256 texts of 512 tokens on one CPU core, 1.1 ms where words are deleted, 1.6 ms by type; and "
    "once for each batch the tokenizer's word ids as a tensor, which takes longer",
    interacts=(
        "nn.Dropout behind an embedding drops single features of each token, which is another thing; both may stand",
        "masked-language-model training masks words itself: leave this off there",
        "a causal model whose labels are a copy of the inputs still has to predict the words that it was not shown",
        "the embedding of the mask token must be trained or known to the model: unk serves where there is no mask",
    ),
    sources=(
        "Iyyer et al. 2015, Deep Unordered Composition Rivals Syntactic Methods for Text Classification (abstract)",
        "Merity et al., awd-lstm-lm, embed_regularize.py: word types dropped from the embedding, 0.1 by default",
    ),
)
