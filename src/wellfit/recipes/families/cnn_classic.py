"""Convolutional classifiers with batch norm, the classic way."""

from wellfit.recipes.recipe import Line, Recipe

SCRIPT = "pytorch/vision:references/classification/train.py, defaults"
GOYAL = "Goyal et al. 2017, as Malladi et al. 2022 tell it, arXiv:2205.10287, section 1"

RECIPE = Recipe(
    name="cnn-classic",
    family="cnn",
    title="convolutional classifier with batch norm, SGD in three steps",
    applies="images of ImageNet's size (the first layers shrink them), SGD",
    optimizer=Line("SGD", SCRIPT),
    options=Line({"momentum": 0.9}, SCRIPT),
    lr=Line(0.1, SCRIPT),
    batch_size=Line(256, SCRIPT),
    scaling=Line("linear", GOYAL),
    schedule=Line("multistep", SCRIPT),
    schedule_options={"milestones": (1 / 3, 2 / 3, 8 / 9), "gamma": 0.1},
    warmup=Line(0.0, SCRIPT),
    warmup_unit="fraction",
    weight_decay=Line(1e-4, SCRIPT),
    no_decay=Line((), SCRIPT),
    dropout=Line(0.0, SCRIPT),
    augmentation=Line({"flip": 0.5, "crop": (0.08, 1.0)}, f"{SCRIPT}; RandomResizedCrop, default"),
    label_smoothing=Line(0.0, SCRIPT),
    samples=Line(1_281_167, "ImageNet-1k, training set"),
    epochs=Line(90, SCRIPT),
)
