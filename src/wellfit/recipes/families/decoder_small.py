"""Small decoders on small texts."""

from wellfit.recipes.recipe import Line, Recipe

CHAR = "karpathy/nanoGPT:config/train_shakespeare_char.py"
NANOGPT = "karpathy/nanoGPT:train.py"

RECIPE = Recipe(
    name="decoder-small",
    family="decoder",
    title="small decoder language model, AdamW with warmup and cosine to a tenth",
    applies="fewer than 30 million parameters, weights drawn at random",
    optimizer=Line("AdamW", NANOGPT),
    options=Line({"betas": (0.9, 0.99)}, CHAR),
    lr=Line(1e-3, CHAR),
    batch_size=Line(64, CHAR),
    scaling=Line("sqrt", "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"),
    schedule=Line("cosine", NANOGPT),
    schedule_options={"min_ratio": 0.1},
    warmup=Line(100, CHAR),
    weight_decay=Line(0.1, NANOGPT),
    no_decay=Line(("norm", "bias", "1d"), NANOGPT),
    clip=Line(1.0, NANOGPT),
    dropout=Line(0.2, CHAR),
    label_smoothing=Line(0.0, NANOGPT),
)
