"""Transformers on tables."""

from wellfit.recipes.recipe import Line, Recipe

RTDL = "yandex-research/rtdl-revisiting-models:package/paper_tabular_dl_revisiting_models.py, defaults for 3 blocks"
RTDL_TUNED = "yandex-research/rtdl-revisiting-models:output/california_housing/ft_transformer/tuned/0.toml"

RECIPE = Recipe(
    name="ft-transformer",
    family="ft-transformer",
    title="FT-Transformer on tables, AdamW at a constant rate",
    applies="a token for every column of a table",
    optimizer=Line("AdamW", RTDL),
    options=Line({"betas": (0.9, 0.999)}, "torch.optim.AdamW, default"),
    lr=Line(1e-4, RTDL),
    batch_size=Line(256, RTDL_TUNED),
    scaling=Line("sqrt", "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"),
    schedule=Line("constant", RTDL),
    warmup=Line(0.0, RTDL),
    warmup_unit="fraction",
    weight_decay=Line(1e-5, RTDL),
    no_decay=Line(("norm", "bias", "1d", "embedding"), RTDL),
    dropout=Line(0.1, RTDL),
    label_smoothing=Line(0.0, RTDL),
    aside="dropout 0.2 in attention; stop early, patience 16 (the paper)",
)
