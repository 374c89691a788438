"""Convolutional classifiers without batch norm, or with an optimizer of the Adam family."""

from wellfit.recipes.recipe import Line, Recipe

CONVNEXT = "facebookresearch/ConvNeXt:TRAINING.md, ConvNeXt-T"
MALLADI = "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"
NEAREST = f"wellfit: what its augmenter has nearest to RandAugment 9/0.5, erase 0.25 ({CONVNEXT})"

RECIPE = Recipe(
    name="cnn-adam",
    family="cnn",
    title="convolutional classifier, AdamW with cosine",
    applies="layer norm or group norm instead of batch norm, or AdamW asked for",
    optimizer=Line("AdamW", CONVNEXT),
    options=Line({"betas": (0.9, 0.999)}, CONVNEXT),
    lr=Line(4e-3, CONVNEXT),
    batch_size=Line(4096, CONVNEXT),
    scaling=Line("sqrt", MALLADI),
    schedule=Line("cosine", CONVNEXT),
    warmup=Line(20, CONVNEXT),
    warmup_unit="epochs",
    weight_decay=Line(0.05, CONVNEXT),
    no_decay=Line(("norm", "bias", "1d"), CONVNEXT),
    dropout=Line(0.0, CONVNEXT),
    stochastic_depth=Line(0.1, CONVNEXT),
    augmentation=Line({"flip": 0.5, "crop": (0.08, 1.0), "color": 0.4, "rotate": 15.0, "erase": 0.25}, NEAREST),
    label_smoothing=Line(0.1, CONVNEXT),
    mixup=Line(0.8, CONVNEXT),
    cutmix=Line(1.0, CONVNEXT),
    ema=Line(0.9999, CONVNEXT),
    samples=Line(1_281_167, "ImageNet-1k, training set"),
    epochs=Line(300, CONVNEXT),
)
