"""What is safe where the family is not known."""

from wellfit.recipes.recipe import Line, Recipe

UVA = "UvA deep learning guides, guide 4, trainer defaults"

RECIPE = Recipe(
    name="generic",
    family="unknown",
    title="AdamW with warmup and cosine, safe for most networks and best for none",
    applies="the family is not known",
    optimizer=Line("AdamW", UVA),
    options=Line({"betas": (0.9, 0.999)}, "torch.optim.AdamW, default"),
    lr=Line(1e-3, UVA),
    batch_size=Line(128, "wellfit: a middle batch, since the source names none"),
    scaling=Line("sqrt", "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"),
    schedule=Line("cosine", UVA),
    schedule_options={"min_ratio": 0.01},
    warmup=Line(0.05, "wellfit: half of the longest warmup that the Deep Learning Tuning Playbook advises"),
    warmup_unit="fraction",
    weight_decay=Line(0.01, "torch.optim.AdamW, default"),
    no_decay=Line(("norm", "bias", "1d"), "timm: optim/_param_groups.py"),
    clip=Line(1.0, UVA),
)
