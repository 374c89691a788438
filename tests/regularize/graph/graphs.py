"""Graphs for tests: real ones, and stand-ins with the attributes that PyTorch Geometric and DGL give theirs."""

import copy
from types import SimpleNamespace

import networkx as nx
import torch
from torch import Tensor


def edges_of(graph: nx.Graph) -> Tensor:
    """Both directions of each edge of a networkx graph, int64, shape (2, E)."""
    pairs = torch.tensor([(u, v) for u, v in nx.convert_node_labels_to_integers(graph).edges()]).T
    return torch.cat([pairs, pairs.flip(0)], dim=1)


def karate() -> Tensor:
    return edges_of(nx.karate_club_graph())


def novel() -> Tensor:
    """Who meets whom in Les Miserables, 77 people and 254 pairs."""
    return edges_of(nx.les_miserables_graph())


def shuffled(edges: Tensor, seed: int = 0) -> Tensor:
    return edges[:, torch.randperm(edges.shape[1], generator=torch.Generator().manual_seed(seed))]


def grid(side: int) -> Tensor:
    return edges_of(nx.grid_2d_graph(side, side))


def data(edges: Tensor, **more: object) -> SimpleNamespace:
    """As torch_geometric.data.Data: attributes, among them some for each edge."""
    count = int(edges.max()) + 1 if edges.numel() else 0
    features = torch.arange(3.0 * count).reshape(count, 3) + 1
    return SimpleNamespace(edge_index=edges, x=features, num_nodes=count, **more)


class DglLike:
    """As dgl.DGLGraph, in those of its methods that wellfit calls."""

    def __init__(self, edges: Tensor, nodes: list[int], edge_counts: list[int]) -> None:
        self._edges = edges
        self._nodes, self._edge_counts = torch.tensor(nodes), torch.tensor(edge_counts)
        self.ndata: dict[str, Tensor] = {}
        self.edata: dict[str, Tensor] = {}

    def edges(self) -> tuple[Tensor, Tensor]:
        return self._edges[0], self._edges[1]

    def num_nodes(self) -> int:
        return int(self._nodes.sum())

    def batch_num_nodes(self) -> Tensor:
        return self._nodes

    def batch_num_edges(self) -> Tensor:
        return self._edge_counts

    def set_batch_num_nodes(self, counts: Tensor) -> None:
        self._nodes = counts

    def set_batch_num_edges(self, counts: Tensor) -> None:
        self._edge_counts = counts

    def local_var(self) -> "DglLike":
        other = copy.copy(self)
        other.ndata, other.edata = dict(self.ndata), dict(self.edata)
        return other

    def edge_subgraph(self, edges: Tensor, *, relabel_nodes: bool, store_ids: bool) -> "DglLike":
        assert (relabel_nodes, store_ids) == (False, False)
        other = DglLike(self._edges[:, edges], [self.num_nodes()], [len(edges)])
        other.ndata = dict(self.ndata)
        other.edata = {name: value[edges] for name, value in self.edata.items()}
        return other
