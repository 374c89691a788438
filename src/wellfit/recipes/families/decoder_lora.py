"""Decoders, low-rank adapters trained."""

from wellfit.recipes.recipe import Line, Recipe

LORA = "microsoft/LoRA:examples/NLG/README.md, GPT-2 medium on E2E"

RECIPE = Recipe(
    name="decoder-lora",
    family="decoder",
    title="decoder language model with low-rank adapters, AdamW linear to zero",
    applies="pretrained weights are frozen, and small matrices beside them are trained",
    optimizer=Line("AdamW", LORA),
    options=Line({"betas": (0.9, 0.999)}, LORA),
    lr=Line(2e-4, LORA),
    batch_size=Line(8, LORA),
    scaling=Line("none", LORA),
    schedule=Line("linear", LORA),
    warmup=Line(500, LORA),
    weight_decay=Line(0.01, LORA),
    no_decay=Line(("norm", "bias", "1d"), "wellfit: as for the other decoders"),
    clip=Line(None, LORA),
    dropout=Line(0.1, LORA),
    label_smoothing=Line(0.1, LORA),
    epochs=Line(5, LORA),
    aside="QLoRA: 2e-4 up to 13 billion parameters, 1e-4 above, constant, clip 0.3 (artidoro/qlora:scripts, README.md)",
)
