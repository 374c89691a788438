"""Vision transformers, fine-tuned."""

from wellfit.recipes.recipe import Line, Recipe

MAE = "facebookresearch/mae:FINETUNE.md, ViT-B"
NEAREST = f"wellfit: what its augmenter has nearest to RandAugment 9/0.5, erase 0.25 ({MAE})"

RECIPE = Recipe(
    name="vit-finetune",
    family="vit",
    title="vision transformer fine-tuned, AdamW with a lower rate for lower layers",
    applies="pretrained weights",
    optimizer=Line("AdamW", MAE),
    options=Line({"betas": (0.9, 0.999)}, MAE),
    lr=Line(5e-4, MAE),
    batch_size=Line(256, MAE),
    scaling=Line("linear", MAE),
    schedule=Line("cosine", MAE),
    warmup=Line(5, MAE),
    warmup_unit="epochs",
    weight_decay=Line(0.05, MAE),
    no_decay=Line(("norm", "bias", "1d"), MAE),
    layer_decay=Line(0.65, MAE),
    stochastic_depth=Line(0.1, MAE),
    augmentation=Line({"flip": 0.5, "crop": (0.08, 1.0), "color": 0.4, "rotate": 15.0, "erase": 0.25}, NEAREST),
    label_smoothing=Line(0.1, MAE),
    mixup=Line(0.8, MAE),
    cutmix=Line(1.0, MAE),
    samples=Line(1_281_167, "ImageNet-1k, training set"),
    epochs=Line(100, MAE),
    aside="0.75 a layer and 1e-3 for ViT-L and larger",
)
