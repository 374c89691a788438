"""Transformer encoders from scratch."""

from wellfit.recipes.recipe import Line, Recipe

KERAS = "keras.io: Text classification with Transformer, and its card keras-io/text-classification-with-transformer"
BERT = "uds-lsv/bert-stable-fine-tuning:examples/.../rte/pooler-bert-large-uncased_*.yaml, BERT's defaults"
UVA = "UvA deep learning guides, guide 4, trainer defaults"
MALLADI = "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"

RECIPE = Recipe(
    name="encoder",
    family="encoder",
    title="transformer encoder from scratch, AdamW with warmup and cosine",
    applies="tokens or real vectors, attention in both directions, weights drawn at random",
    optimizer=Line("AdamW", UVA),
    options=Line({"betas": (0.9, 0.999)}, KERAS),
    lr=Line(1e-3, KERAS),
    batch_size=Line(32, KERAS),
    scaling=Line("sqrt", MALLADI),
    schedule=Line("cosine", UVA),
    schedule_options={"min_ratio": 0.01},
    warmup=Line(0.1, BERT),
    warmup_unit="fraction",
    weight_decay=Line(0.01, BERT),
    no_decay=Line(("norm", "bias", "1d"), BERT),
    clip=Line(1.0, BERT),
    dropout=Line(0.1, BERT),
    label_smoothing=Line(0.0, BERT),
    samples=Line(25_000, "IMDB, training set"),
    epochs=Line(2, KERAS),
)
