"""Recurrent language models."""

from wellfit.recipes.recipe import Line, Recipe

AWD = "salesforce/awd-lstm-lm:main.py and README.md"

RECIPE = Recipe(
    name="rnn-awd",
    family="rnn",
    title="recurrent language model by AWD-LSTM: plain SGD at 30, averaged when validation stalls",
    applies="asked for by name; hundreds of epochs of a large text",
    optimizer=Line("SGD", AWD),
    options=Line({}, AWD),
    lr=Line(30.0, AWD),
    batch_size=Line(80, AWD),
    scaling=Line("none", AWD),
    schedule=Line("constant", AWD),
    warmup=Line(0.0, AWD),
    warmup_unit="fraction",
    weight_decay=Line(1.2e-6, AWD),
    no_decay=Line((), AWD),
    clip=Line(0.25, AWD),
    dropout=Line(0.4, AWD),
    label_smoothing=Line(0.0, AWD),
    epochs=Line(500, AWD),
    aside="average once validation stalls for 5 looks; whole words dropped 0.1, recurrent weights 0.5, AR 2, TAR 1",
)
