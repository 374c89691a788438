"""What is safe with SGD where the family has no recipe with it."""

from wellfit.recipes.recipe import Line, Recipe

SCRIPT = "pytorch/vision:references/classification/train.py, defaults"
UVA = "UvA deep learning guides: start SGD at 0.1; trainer defaults of guide 4"

RECIPE = Recipe(
    name="generic-sgd",
    family="unknown",
    title="SGD with momentum, warmup and cosine",
    applies="SGD is asked for and the family has no recipe with it",
    optimizer=Line("SGD", UVA),
    options=Line({"momentum": 0.9}, SCRIPT),
    lr=Line(0.1, UVA),
    batch_size=Line(256, SCRIPT),
    scaling=Line("linear", "Goyal et al. 2017, as Malladi et al. 2022 tell it, arXiv:2205.10287, section 1"),
    schedule=Line("cosine", UVA),
    warmup=Line(0.05, "wellfit: half of the longest warmup that the Deep Learning Tuning Playbook advises"),
    warmup_unit="fraction",
    weight_decay=Line(1e-4, SCRIPT),
    no_decay=Line((), SCRIPT),
    clip=Line(1.0, UVA),
)
