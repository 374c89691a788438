"""Graphs in their own objects: PyTorch Geometric's Data and DGL's graphs, told by what they have, without either."""

import copy
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor


class Holder(Protocol):
    """An object that holds a graph. What is written goes to a copy; what is not touched is shared with it."""

    @property
    def edge_index(self) -> Tensor:
        """Whole numbers, shape (2, E)."""

    @property
    def num_nodes(self) -> int | None:
        """N; None where the object does not say."""

    @property
    def batch(self) -> Tensor | None:
        """int64, shape (N,), each node's graph; None for a single graph."""

    def only(self, kept: Tensor) -> Any:
        """The graph with these edges only and what belongs to them; bool, shape (E,)."""

    def weighted(self, kept: Tensor, name: str) -> Any:
        """The graph with all edges, and weight 0 for those that are not kept; bool, shape (E,)."""

    def mark_nodes(self, graph: Any, kept: Tensor) -> Any:
        """Write down in a graph made here which nodes are kept; bool, shape (N,)."""

    def features(self, name: str) -> Tensor:
        """Of the nodes, under this name."""

    def with_features(self, name: str, values: Tensor) -> Any:
        """The graph with other features."""


def held(graph: object) -> Holder:
    """A graph's object, as a holder.

    Raises:
        TypeError: if it is neither kind, or holds several kinds of edges.
    """
    if hasattr(graph, "edge_types") or len(getattr(graph, "canonical_etypes", ())) > 1:
        raise TypeError(f"{type(graph).__name__} holds several kinds of edges: drop each kind's edge_index by itself")
    if isinstance(getattr(graph, "edge_index", None), Tensor):
        return Geometric(graph)
    if callable(getattr(graph, "edges", None)) and hasattr(graph, "edata"):
        return Dgl(graph)
    kind = type(graph).__name__
    raise TypeError(f"expected an edge_index tensor, or a graph with edge_index or with edges() and edata, got {kind}")


class Geometric:
    """An object with an `edge_index`, such as `torch_geometric.data.Data` and the batches made of them.

    What belongs to edges: those of its attributes that PyTorch Geometric says so of, else tensors called `edge_...`
    with as many rows as there are edges.
    """

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self.edge_index: Tensor = graph.edge_index

    @property
    def num_nodes(self) -> int | None:
        """As the object says, else the rows of `x`."""
        if isinstance(getattr(self._graph, "num_nodes", None), int):
            return int(self._graph.num_nodes)
        x = getattr(self._graph, "x", None)
        return len(x) if isinstance(x, Tensor) else None

    @property
    def batch(self) -> Tensor | None:
        """What batches of graphs call so."""
        batch = getattr(self._graph, "batch", None)
        return batch if isinstance(batch, Tensor) else None

    def only(self, kept: Tensor) -> Any:
        """A shallow copy."""
        graph, where = copy.copy(self._graph), kept.nonzero().squeeze(1)
        for name in self._edge_names():
            value = getattr(self._graph, name)
            rows = name != "edge_index"
            setattr(graph, name, value.index_select(0, where) if rows else value.gather(1, where.expand(2, -1)))
        return graph

    def _edge_names(self) -> list[str]:
        tell = getattr(self._graph, "edge_attrs", None)
        names = tell() if callable(tell) else [n for n in vars(self._graph) if n.startswith("edge_")]
        return ["edge_index", *(n for n in names if n != "edge_index" and self._has_row_per_edge(n))]

    def _has_row_per_edge(self, name: str) -> bool:
        value = getattr(self._graph, name)
        return isinstance(value, Tensor) and value.dim() > 0 and len(value) == self.edge_index.shape[1]

    def weighted(self, kept: Tensor, name: str) -> Any:
        """A shallow copy; weights that stand there already are multiplied."""
        graph = copy.copy(self._graph)
        setattr(graph, name, _weights(getattr(graph, name, None), kept))
        return graph

    def mark_nodes(self, graph: Any, kept: Tensor) -> Any:
        """As `kept_nodes`, and taken out of `train_mask`."""
        graph.kept_nodes = kept
        if isinstance(getattr(graph, "train_mask", None), Tensor):
            graph.train_mask = _still(graph.train_mask, kept)
        return graph

    def features(self, name: str) -> Tensor:
        """An attribute."""
        return _found(getattr(self._graph, name, None), name)

    def with_features(self, name: str, values: Tensor) -> Any:
        """A shallow copy."""
        graph = copy.copy(self._graph)
        setattr(graph, name, values)
        return graph


class Dgl:
    """An object with `edges()`, `edata` and `ndata`, such as `dgl.DGLGraph`."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self.edge_index = torch.stack(graph.edges())

    @property
    def num_nodes(self) -> int | None:
        """As the graph says."""
        return int(self._graph.num_nodes())

    @property
    def batch(self) -> Tensor | None:
        """From the sizes of a batch's graphs."""
        counts = self._sizes("batch_num_nodes")
        if counts is None or len(counts) == 1:
            return None
        return torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)

    def _sizes(self, name: str) -> Tensor | None:
        tell: Callable[[], Tensor] | None = getattr(self._graph, name, None)
        return tell() if callable(tell) else None

    def only(self, kept: Tensor) -> Any:
        """A subgraph with all nodes; a batch stays one."""
        graph = self._graph.edge_subgraph(kept.nonzero().squeeze(1), relabel_nodes=False, store_ids=False)
        nodes, edges = self._sizes("batch_num_nodes"), self._sizes("batch_num_edges")
        if nodes is not None and edges is not None and len(nodes) > 1:
            graph.set_batch_num_nodes(nodes)
            graph.set_batch_num_edges(torch.stack([part.sum() for part in kept.split(edges.tolist())]))
        return graph

    def weighted(self, kept: Tensor, name: str) -> Any:
        """A local copy; weights that stand there already are multiplied."""
        graph = self._graph.local_var()
        graph.edata[name] = _weights(graph.edata.get(name), kept)
        return graph

    def mark_nodes(self, graph: Any, kept: Tensor) -> Any:
        """As `kept_nodes`, and taken out of `train_mask`."""
        graph.ndata["kept_nodes"] = kept
        if "train_mask" in graph.ndata:
            graph.ndata["train_mask"] = _still(graph.ndata["train_mask"], kept)
        return graph

    def features(self, name: str) -> Tensor:
        """Of ndata."""
        return _found(self._graph.ndata.get(name), name)

    def with_features(self, name: str, values: Tensor) -> Any:
        """A local copy."""
        graph = self._graph.local_var()
        graph.ndata[name] = values
        return graph


def _weights(before: Tensor | None, kept: Tensor) -> Tensor:
    if before is None:
        return kept.to(torch.get_default_dtype())
    rows = kept.view(-1, *(1,) * (before.dim() - 1))
    return before * rows if before.is_floating_point() else before.float() * rows


def _still(train: Tensor, kept: Tensor) -> Tensor:
    """A train_mask of bools, one column or several splits, without the dropped nodes."""
    return train & kept.view(-1, *(1,) * (train.dim() - 1)).to(train.dtype)


def _found(value: object, name: str) -> Tensor:
    if not isinstance(value, Tensor):
        raise TypeError(f"the graph must hold features of its nodes as a tensor called {name!r}, got {value!r}")
    return value
