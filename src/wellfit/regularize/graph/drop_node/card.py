"""DropNode's card."""

from wellfit.regularize.card import Card

DROP_NODE = Card(
    name="drop_node",
    family="graph",
    title="Leave out some nodes of a graph with all their edges, and take them out of the training loss",
    parameter="p, the chance that a node is left out",
    full=0.3,
    suggested="0.1 to 0.3; at p, a share of 1 - (1 - p)**2 of the edges goes with the nodes",
    costs="a coin for each node and two look-ups for each edge: some 4 ms for a million edges on one CPU core; in mode "
    "'index' a copy of the edges that stay",
    interacts=(
        "DropEdge: an edge stays only where both let it",
        "dropped nodes belong in no training loss, and in every metric: this is off in eval()",
        "a layer with cached=True keeps its first graph and ignores every drop: refused where the model is given",
    ),
    sources=(
        "PyTorch Geometric 2.8, torch_geometric.utils.dropout_node, https://pytorch-geometric.readthedocs.io",
        "Feng et al. 2020, Graph Random Neural Networks, https://arxiv.org/abs/2005.11079 (abstract)",
    ),
)
