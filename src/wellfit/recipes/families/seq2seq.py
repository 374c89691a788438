"""Encoder and decoder transformers from scratch."""

from wellfit.recipes.recipe import Line, Recipe

FAIRSEQ = "facebookresearch/fairseq:examples/translation/README.md, IWSLT'14 German to English"

RECIPE = Recipe(
    name="seq2seq",
    family="seq2seq",
    title="transformer with encoder and decoder, Adam with inverse square root",
    applies="translation-like tasks, weights drawn at random",
    optimizer=Line("Adam", FAIRSEQ),
    options=Line({"betas": (0.9, 0.98), "eps": 1e-9}, "Vaswani et al. 2017, section 5.3"),
    lr=Line(5e-4, FAIRSEQ),
    batch_size=Line(160, f"{FAIRSEQ}: 4096 tokens, at 25 a sentence"),
    scaling=Line("none", FAIRSEQ),
    schedule=Line("inverse_sqrt", FAIRSEQ),
    warmup=Line(4000, FAIRSEQ),
    weight_decay=Line(1e-4, FAIRSEQ),
    no_decay=Line((), FAIRSEQ),
    clip=Line(None, FAIRSEQ),
    dropout=Line(0.3, FAIRSEQ),
    label_smoothing=Line(0.1, FAIRSEQ),
    samples=Line(160_000, "pytorch/translate:README.md, IWSLT'14 German to English"),
    aside="batches are counted in tokens there, 4096",
)
