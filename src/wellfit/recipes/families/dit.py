"""Diffusion transformers."""

from wellfit.recipes.recipe import Line, Recipe

DIT = "facebookresearch/DiT:train.py"

RECIPE = Recipe(
    name="dit",
    family="dit",
    title="diffusion transformer, AdamW at a constant rate with averaged weights",
    applies="patches, attention, norms steered by the time step",
    optimizer=Line("AdamW", DIT),
    options=Line({"betas": (0.9, 0.999)}, DIT),
    lr=Line(1e-4, DIT),
    batch_size=Line(256, DIT),
    scaling=Line("none", DIT),
    schedule=Line("constant", DIT),
    warmup=Line(0.0, DIT),
    warmup_unit="fraction",
    weight_decay=Line(0.0, DIT),
    no_decay=Line((), DIT),
    dropout=Line(0.0, DIT),
    augmentation=Line({"flip": 0.5}, DIT),
    ema=Line(0.9999, DIT),
    samples=Line(1_281_167, "ImageNet-1k, training set"),
    epochs=Line(1400, DIT),
    aside="sample from the averaged weights; 0.999 for small experiments (the same file)",
)
