"""Decoders, all weights fine-tuned."""

from wellfit.recipes.recipe import Line, Recipe

ALPACA = "tatsu-lab/stanford_alpaca:README.md, LLaMA-7B"

RECIPE = Recipe(
    name="decoder-finetune",
    family="decoder",
    title="decoder language model fine-tuned, AdamW with cosine",
    applies="pretrained weights, all of them trained",
    optimizer=Line("AdamW", "Hugging Face Trainer, default"),
    options=Line({"betas": (0.9, 0.999)}, "Hugging Face Trainer, default"),
    lr=Line(2e-5, ALPACA),
    batch_size=Line(128, ALPACA),
    scaling=Line("none", ALPACA),
    schedule=Line("cosine", ALPACA),
    warmup=Line(0.03, ALPACA),
    warmup_unit="fraction",
    weight_decay=Line(0.0, ALPACA),
    no_decay=Line(("norm", "bias", "1d"), "Hugging Face Trainer, default"),
    clip=Line(1.0, "Hugging Face Trainer, default"),
    label_smoothing=Line(0.0, "Hugging Face Trainer, default"),
    samples=Line(52_000, ALPACA),
    epochs=Line(3, ALPACA),
    aside="1e-5 for 13 billion parameters",
)
