"""Vision transformers from scratch."""

from wellfit.recipes.recipe import Line, Recipe

DEIT = "facebookresearch/deit:main.py, defaults"
NEAREST = f"wellfit: what its augmenter has nearest to RandAugment 9/0.5, erase 0.25 ({DEIT})"

RECIPE = Recipe(
    name="vit",
    family="vit",
    title="vision transformer from scratch, AdamW with warmup and cosine",
    applies="up to a million images, weights drawn at random",
    optimizer=Line("AdamW", DEIT),
    options=Line({"betas": (0.9, 0.999)}, DEIT),
    lr=Line(5e-4, DEIT),
    batch_size=Line(512, DEIT),
    scaling=Line("linear", DEIT),
    schedule=Line("cosine", DEIT),
    schedule_options={"min_ratio": 0.02},
    warmup=Line(5, DEIT),
    warmup_unit="epochs",
    weight_decay=Line(0.05, DEIT),
    no_decay=Line(("norm", "bias", "1d"), DEIT),
    dropout=Line(0.0, DEIT),
    stochastic_depth=Line(0.1, DEIT),
    augmentation=Line({"flip": 0.5, "crop": (0.08, 1.0), "color": 0.4, "rotate": 15.0, "erase": 0.25}, NEAREST),
    label_smoothing=Line(0.1, DEIT),
    mixup=Line(0.8, DEIT),
    cutmix=Line(1.0, DEIT),
    ema=Line(0.99996, DEIT),
    samples=Line(1_281_167, "ImageNet-1k, training set"),
    epochs=Line(300, DEIT),
    aside="every image stands three times in a batch there (repeated augmentation)",
)
