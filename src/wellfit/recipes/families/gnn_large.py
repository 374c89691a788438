"""Graph networks on large graphs."""

from wellfit.recipes.recipe import Line, Recipe

TUNED = "LUOyk1999/tunedGNN, scripts of the large graphs"

RECIPE = Recipe(
    name="gnn-large",
    family="gnn",
    title="graph network on a large graph, Adam at a constant rate",
    applies="graphs of OGB's size, asked for by name",
    optimizer=Line("Adam", TUNED),
    options=Line({"betas": (0.9, 0.999)}, "torch.optim.Adam, default"),
    lr=Line(5e-4, TUNED),
    batch_size=Line(1, "the whole graph or one part of it is a batch"),
    scaling=Line("none", TUNED),
    schedule=Line("constant", TUNED),
    warmup=Line(0.0, TUNED),
    warmup_unit="fraction",
    weight_decay=Line(0.0, TUNED),
    no_decay=Line((), TUNED),
    dropout=Line(0.3, TUNED),
    label_smoothing=Line(0.0, TUNED),
    aside="batch norm and residual connections first: the source finds them crucial on large graphs",
)
