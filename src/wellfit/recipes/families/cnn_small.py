"""Convolutional classifiers on small images, CIFAR-like."""

from wellfit.recipes.recipe import Line, Recipe

SCRIPT = "weiaicunzai/pytorch-cifar100:train.py"
KUANGLIU = "kuangliu/pytorch-cifar:main.py"
GOYAL = "Goyal et al. 2017, as Malladi et al. 2022 tell it, arXiv:2205.10287, section 1"

RECIPE = Recipe(
    name="cnn-small",
    family="cnn",
    title="convolutional classifier on small images, SGD with momentum",
    applies="images of CIFAR's size (the first layer keeps them), SGD",
    optimizer=Line("SGD", SCRIPT),
    options=Line({"momentum": 0.9}, SCRIPT),
    lr=Line(0.1, SCRIPT),
    batch_size=Line(128, SCRIPT),
    scaling=Line("linear", GOYAL),
    schedule=Line("cosine", KUANGLIU),
    warmup=Line(1, SCRIPT),
    warmup_unit="epochs",
    weight_decay=Line(5e-4, SCRIPT),
    no_decay=Line((), SCRIPT),
    dropout=Line(0.0, SCRIPT),
    augmentation=Line({"flip": 0.5, "shift": 0.125}, KUANGLIU),
    label_smoothing=Line(0.0, SCRIPT),
    samples=Line(50_000, "CIFAR-10, training set"),
    epochs=Line(200, KUANGLIU),
)
