"""DropEdge's card."""

from wellfit.regularize.card import Card

DROP_EDGE = Card(
    name="drop_edge",
    family="graph",
    title="Leave out some edges of a graph, both directions of an undirected one together",
    parameter="p, the chance that an edge is left out",
    full=0.5,
    suggested="0.1 to 0.5 in deep or small graph networks; 0 in shallow ones on large graphs",
    costs="a hash of each pair of nodes: some 4 ms for a million edges on one CPU core; in mode 'index' a copy of the "
    "edges that stay, some 4 ms more, and then fewer to pass for each layer",
    interacts=(
        "a layer with cached=True keeps its first graph and ignores every drop: refused where the model is given",
        "normalisation by degree must come after the drop; layers that take edge_weight see to that",
        "in mode 'mask' a layer that takes no edge_weight ignores the drop",
    ),
    sources=(
        "Rong et al. 2020, DropEdge, https://arxiv.org/abs/1907.10903 (abstract and introduction)",
        "PyTorch Geometric 2.8, torch_geometric.utils.dropout_edge, https://pytorch-geometric.readthedocs.io",
    ),
)
