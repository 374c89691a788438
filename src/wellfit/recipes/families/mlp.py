"""Multi-layer perceptrons and tables."""

from wellfit.recipes.recipe import Line, Recipe

KADRA = "Kadra et al. 2021, Well-tuned simple nets, search space (releaunifreiburg/WellTunedSimpleNets)"

RECIPE = Recipe(
    name="mlp",
    family="mlp",
    title="multi-layer perceptron, AdamW with cosine",
    applies="tables, flat vectors, networks of linear layers alone",
    optimizer=Line("AdamW", KADRA),
    options=Line({"betas": (0.9, 0.999)}, "torch.optim.AdamW, default"),
    lr=Line(1e-3, KADRA),
    batch_size=Line(128, KADRA),
    scaling=Line("sqrt", "Malladi et al. 2022, SDEs and scaling rules", read=False),
    schedule=Line("cosine", KADRA),
    warmup=Line(0.0, KADRA),
    warmup_unit="fraction",
    weight_decay=Line(0.01, "torch.optim.AdamW, default; the source tunes it from 1e-5 to 0.1"),
    no_decay=Line(("norm", "bias", "1d"), "Holzmüller et al. 2024, Better by Default, RealMLP", read=False),
    dropout=Line(0.15, "Holzmüller et al. 2024, Better by Default, RealMLP", read=False),
    label_smoothing=Line(0.1, "Holzmüller et al. 2024, Better by Default, RealMLP", read=False),
    epochs=Line(105, KADRA),
)
