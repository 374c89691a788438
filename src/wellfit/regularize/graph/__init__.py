"""Regularizers on graphs: edges, nodes and columns of features left out in training."""

from wellfit.regularize.graph.cached import refuse_cached
from wellfit.regularize.graph.drop_edge.method import DropEdge, drop_edges
from wellfit.regularize.graph.drop_feature.method import DropFeature, drop_features
from wellfit.regularize.graph.drop_node.method import DropNode, Kept, drop_nodes
from wellfit.regularize.graph.edges import is_undirected

__all__ = [
    "DropEdge",
    "DropFeature",
    "DropNode",
    "Kept",
    "drop_edges",
    "drop_features",
    "drop_nodes",
    "is_undirected",
    "refuse_cached",
]
