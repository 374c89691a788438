"""Diffusion U-Nets."""

from wellfit.recipes.recipe import Line, Recipe

DDPM = "hojonathanho/diffusion:scripts/run_cifar.py"

RECIPE = Recipe(
    name="diffusion",
    family="diffusion",
    title="diffusion U-Net, Adam at a constant rate with averaged weights",
    applies="a U-Net that is told the time step",
    optimizer=Line("Adam", DDPM),
    options=Line({"betas": (0.9, 0.999)}, "NVlabs/edm:train.py"),
    lr=Line(2e-4, DDPM),
    batch_size=Line(128, DDPM),
    scaling=Line("none", DDPM),
    schedule=Line("constant", DDPM),
    warmup=Line(5000, DDPM),
    weight_decay=Line(0.0, DDPM),
    no_decay=Line((), DDPM),
    clip=Line(1.0, DDPM),
    dropout=Line(0.1, DDPM),
    augmentation=Line({"flip": 0.5}, DDPM),
    ema=Line(0.9999, "hojonathanho/diffusion:diffusion_tf/tpu_utils/tpu_utils.py"),
    samples=Line(50_000, "CIFAR-10, training set"),
    aside="sample from the averaged weights; EDM has 1e-3 at 512, dropout 0.13 (NVlabs/edm:train.py)",
)
