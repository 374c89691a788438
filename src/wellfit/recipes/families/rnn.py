"""Recurrent classifiers and small language models."""

from wellfit.recipes.recipe import Line, Recipe

NER = "allenai/allennlp-models:training_config/tagging/ner.jsonnet"
ESIM = "allenai/allennlp-models:training_config/pair_classification/esim.jsonnet"

RECIPE = Recipe(
    name="rnn",
    family="rnn",
    title="recurrent network, AdamW with clipped gradients",
    applies="classifiers, taggers and small language models",
    optimizer=Line("AdamW", f"{NER}: Adam without decay, which is the same"),
    options=Line({"betas": (0.9, 0.999)}, "torch.optim.AdamW, default"),
    lr=Line(1e-3, NER),
    batch_size=Line(64, NER),
    scaling=Line("sqrt", "Malladi et al. 2022, SDEs and scaling rules, arXiv:2205.10287"),
    schedule=Line(
        "cosine", "wellfit: the source lowers the rate on a plateau, which a budget known ahead does not need"
    ),
    warmup=Line(0.0, NER),
    warmup_unit="fraction",
    weight_decay=Line(0.0, NER),
    no_decay=Line(("norm", "bias", "1d"), "wellfit: as for transformers, where a short run sets a decay"),
    clip=Line(5.0, NER),
    dropout=Line(0.5, NER),
    label_smoothing=Line(0.0, NER),
    epochs=Line(75, NER),
    aside=f"4e-4, halved on a plateau, clip 10, in {ESIM}",
)
