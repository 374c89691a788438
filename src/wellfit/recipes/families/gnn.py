"""Graph networks on one small graph."""

from wellfit.recipes.recipe import Line, Recipe

GCN = "tkipf/pygcn:pygcn/train.py"

RECIPE = Recipe(
    name="gnn",
    family="gnn",
    title="graph network on one small graph, Adam at a constant rate on the whole graph",
    applies="node classification, thousands of nodes",
    optimizer=Line("Adam", GCN),
    options=Line({"betas": (0.9, 0.999)}, "torch.optim.Adam, default"),
    lr=Line(0.01, GCN),
    batch_size=Line(1, "the whole graph is one batch"),
    scaling=Line("none", GCN),
    schedule=Line("constant", GCN),
    warmup=Line(0.0, GCN),
    warmup_unit="fraction",
    weight_decay=Line(5e-4, GCN),
    no_decay=Line((), GCN),
    dropout=Line(0.5, GCN),
    label_smoothing=Line(0.0, GCN),
    epochs=Line(200, GCN),
    aside="lr 1e-3 and decay 5e-5 to 5e-4 with norm and residual (LUOyk1999/tunedGNN, scripts); stop early",
)
