"""Convolutional classifiers with batch norm, a long run with strong augmentation."""

from wellfit.recipes.recipe import Line, Recipe

NEW = "pytorch/vision issue 3995 (new recipe) and its blog post, ResNet-50 80.7 %"
GOYAL = "Goyal et al. 2017, as Malladi et al. 2022 tell it, arXiv:2205.10287, section 1"
NEAREST = f"wellfit: what its augmenter has nearest to TrivialAugment-wide, erase 0.1 ({NEW})"

RECIPE = Recipe(
    name="cnn-modern",
    family="cnn",
    title="convolutional classifier with batch norm, SGD with cosine and strong augmentation",
    applies="hundreds of epochs on a million images",
    optimizer=Line("SGD", NEW),
    options=Line({"momentum": 0.9}, NEW),
    lr=Line(0.5, NEW),
    batch_size=Line(1024, NEW),
    scaling=Line("linear", GOYAL),
    schedule=Line("cosine", NEW),
    warmup=Line(5, NEW),
    warmup_unit="epochs",
    weight_decay=Line(2e-5, NEW),
    no_decay=Line(("norm",), NEW),
    dropout=Line(0.0, NEW),
    augmentation=Line({"flip": 0.5, "crop": (0.08, 1.0), "color": 0.4, "rotate": 15.0, "erase": 0.1}, NEAREST),
    label_smoothing=Line(0.1, NEW),
    mixup=Line(0.2, NEW),
    cutmix=Line(1.0, NEW),
    ema=Line(0.99998, NEW),
    samples=Line(1_281_167, "ImageNet-1k, training set"),
    epochs=Line(600, NEW),
    aside="the average of the weights is taken every 32 steps",
)
