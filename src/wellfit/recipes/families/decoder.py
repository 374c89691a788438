"""Decoders, pretrained."""

from wellfit.recipes.recipe import Line, Recipe

NANOGPT = "karpathy/nanoGPT:train.py"
OLMO = "allenai/OLMo-core, training scripts: decay 0 for the embeddings"

RECIPE = Recipe(
    name="decoder",
    family="decoder",
    title="decoder language model, AdamW with warmup and cosine to a tenth",
    applies="a hundred million parameters or more, weights drawn at random",
    optimizer=Line("AdamW", NANOGPT),
    options=Line({"betas": (0.9, 0.95)}, NANOGPT),
    lr=Line(6e-4, NANOGPT),
    batch_size=Line(480, NANOGPT),
    scaling=Line("sqrt", "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"),
    schedule=Line("cosine", NANOGPT),
    schedule_options={"min_ratio": 0.1},
    warmup=Line(2000, NANOGPT),
    weight_decay=Line(0.1, NANOGPT),
    no_decay=Line(("norm", "bias", "1d"), NANOGPT),
    clip=Line(1.0, NANOGPT),
    dropout=Line(0.0, NANOGPT),
    label_smoothing=Line(0.0, NANOGPT),
    aside=f"embeddings decay here; others leave them out ({OLMO})",
)
