"""Transformer encoders, fine-tuned."""

from wellfit.recipes.recipe import Line, Recipe

MOSBACH = (
    "uds-lsv/bert-stable-fine-tuning:examples/bert_stable_fine_tuning/configs/rte/"
    "pooler-bert-large-uncased_bsz_16_lr_2e-05_adamW_bias-correct_early-stopping_20.yaml"
)

RECIPE = Recipe(
    name="encoder-finetune",
    family="encoder",
    title="BERT-like encoder fine-tuned, AdamW with bias correction, linear to zero",
    applies="pretrained weights",
    optimizer=Line("AdamW", MOSBACH),
    options=Line({"betas": (0.9, 0.999), "eps": 1e-6}, MOSBACH),
    lr=Line(2e-5, MOSBACH),
    batch_size=Line(16, MOSBACH),
    scaling=Line("none", MOSBACH),
    schedule=Line("linear", MOSBACH),
    warmup=Line(0.1, MOSBACH),
    warmup_unit="fraction",
    weight_decay=Line(0.01, MOSBACH),
    no_decay=Line(("norm", "bias", "1d"), "google-research/bert:optimization.py"),
    clip=Line(1.0, MOSBACH),
    dropout=Line(0.1, MOSBACH),
    label_smoothing=Line(0.0, MOSBACH),
    samples=Line(2_490, "RTE of GLUE, training set"),
    epochs=Line(20, MOSBACH),
    aside="3 epochs are too few for small sets; 20 are what the source takes",
)
