"""What is safe with SGD where the family has no recipe with it."""

from wellfit.recipes.recipe import Line, Recipe

SCRIPT = "pytorch/vision:references/classification/train.py, defaults"
UVA = "UvA deep learning guides, guide 3: start SGD at 0.1"

RECIPE = Recipe(
    name="generic-sgd",
    family="unknown",
    title="SGD with momentum, warmup and cosine",
    applies="SGD is asked for and the family has no recipe with it",
    optimizer=Line("SGD", UVA),
    options=Line({"momentum": 0.9}, SCRIPT),
    lr=Line(0.1, UVA),
    batch_size=Line(256, SCRIPT),
    scaling=Line("linear", "Goyal et al. 2017, Accurate, Large Minibatch SGD, section 2.1"),
    schedule=Line("cosine", SCRIPT),
    warmup=Line(0.05, "wellfit: half of the longest warmup that the Deep Learning Tuning Playbook advises"),
    warmup_unit="fraction",
    weight_decay=Line(1e-4, SCRIPT),
    no_decay=Line((), SCRIPT),
    clip=Line(1.0, UVA),
)
