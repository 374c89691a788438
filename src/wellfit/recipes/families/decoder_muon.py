"""Decoders with Muon for the hidden matrices."""

from wellfit.recipes.recipe import Line, Recipe

MUON = "KellerJordan/Muon:README.md"

RECIPE = Recipe(
    name="decoder-muon",
    family="decoder",
    title="decoder language model, Muon for hidden matrices and AdamW for the rest",
    applies="asked for by name",
    optimizer=Line("Muon", MUON),
    options=Line({"momentum": 0.95, "nesterov": True, "ns_steps": 5}, MUON),
    lr=Line(0.02, MUON),
    batch_size=Line(480, "karpathy/nanoGPT:train.py"),
    scaling=Line("none", MUON),
    schedule=Line("cosine", "karpathy/nanoGPT:train.py"),
    schedule_options={"min_ratio": 0.1},
    warmup=Line(0.01, "karpathy/nanoGPT:train.py"),
    warmup_unit="fraction",
    weight_decay=Line(0.01, MUON),
    no_decay=Line(("norm", "bias", "1d"), MUON),
    clip=Line(1.0, "karpathy/nanoGPT:train.py"),
    dropout=Line(0.0, "karpathy/nanoGPT:train.py"),
    lacks="torch.optim.Muon takes matrices alone, so the rest needs a second optimizer: AdamW 3e-4, betas (0.9, 0.95)",
)
