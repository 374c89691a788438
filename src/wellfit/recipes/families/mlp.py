"""Multi-layer perceptrons and tables."""

from wellfit.recipes.recipe import Line, Recipe

REALMLP = "Holzmüller et al. 2024, RealMLP, in LAMDA-Tabular/TALENT:TALENT/model/lib/realmlp/sklearn/default_params.py"
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
    scaling=Line("sqrt", "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"),
    schedule=Line("cosine", f"{KADRA}; it restarts the cosine after 15 and 45 of 105 epochs"),
    warmup=Line(0.0, KADRA),
    warmup_unit="fraction",
    weight_decay=Line(0.01, "torch.optim.AdamW, default; the source tunes it from 1e-5 to 0.1"),
    no_decay=Line(("norm", "bias", "1d"), REALMLP),
    dropout=Line(0.15, REALMLP),
    label_smoothing=Line(0.1, REALMLP),
    epochs=Line(105, KADRA),
)
