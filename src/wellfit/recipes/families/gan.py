"""Generative adversarial networks; two networks cannot be told from one, so this one is asked for by name."""

from wellfit.recipes.recipe import Line, Recipe

DCGAN = "pytorch/examples:dcgan/main.py"

RECIPE = Recipe(
    name="gan",
    family="gan",
    title="generator or discriminator, Adam with low momentum at a constant rate",
    applies="asked for by name, once for each of the two networks",
    optimizer=Line("Adam", DCGAN),
    options=Line({"betas": (0.5, 0.999)}, DCGAN),
    lr=Line(2e-4, DCGAN),
    batch_size=Line(64, DCGAN),
    scaling=Line("none", DCGAN),
    schedule=Line("constant", DCGAN),
    warmup=Line(0.0, DCGAN),
    warmup_unit="fraction",
    weight_decay=Line(0.0, DCGAN),
    no_decay=Line((), DCGAN),
    dropout=Line(0.0, DCGAN),
    epochs=Line(25, DCGAN),
    aside="StyleGAN2-ADA: betas (0, 0.99) and R1 (NVlabs/stylegan2-ada-pytorch:train.py); augment real and fake alike",
)
