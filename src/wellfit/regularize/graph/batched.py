"""Places within a graph, for graphs that stand in one batch: they must be the same whatever stands beside it."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Places:
    """Where each of a batch's nodes stands.

    Args:
        graph: int64, shape (N,), number of its graph.
        local: int64, shape (N,), its place in that graph, from 0.
    """

    graph: Tensor
    local: Tensor


def places(batch: Tensor, graphs: int, num_nodes: int | None = None) -> Places:
    """Where the nodes stand.

    Args:
        batch: int64, shape (N,), each node's graph, in ascending order.
        graphs: how many there are; some may have no node.
        num_nodes: N, where it is known from elsewhere.

    Raises:
        ValueError: if batch has another shape, type or order, or names a graph that is not there.
    """
    _check_batch(batch, graphs, num_nodes)
    counts = torch.bincount(batch, minlength=graphs)
    firsts = counts.cumsum(0) - counts
    return Places(batch, torch.arange(len(batch), device=batch.device) - firsts[batch])


def _check_batch(batch: Tensor, graphs: int, num_nodes: int | None) -> None:
    if batch.dim() != 1 or batch.dtype != torch.int64:
        raise ValueError(f"batch must be int64 of shape (N,), got {batch.dtype} of shape {tuple(batch.shape)}")
    if num_nodes is not None and len(batch) != num_nodes:
        raise ValueError(f"batch must have one entry for each of {num_nodes} nodes, got {len(batch)}")
    if len(batch) == 0:
        return
    if bool((batch[1:] < batch[:-1]).any()):
        raise ValueError("batch must be in ascending order, so that each graph's nodes stand together")
    if int(batch[0]) < 0 or int(batch[-1]) >= graphs:
        raise ValueError(f"batch must name graphs 0 to {graphs - 1}, got {int(batch[0])} to {int(batch[-1])}")


def graph_of_edges(edge_index: Tensor, graph: Tensor) -> Tensor:
    """The graph of each edge.

    Args:
        edge_index: whole numbers, shape (2, E).
        graph: int64, shape (N,), of each node.

    Returns:
        int64, shape (E,).

    Raises:
        ValueError: if an edge leads from one graph to another.
    """
    source, target = graph[edge_index[0]], graph[edge_index[1]]
    if bool((source != target).any()):
        crossing = int((source != target).nonzero()[0])
        raise ValueError(
            f"edges must stay in a graph of the batch, edge {crossing} leads from graph {int(source[crossing])} "
            f"to {int(target[crossing])}"
        )
    return source


def ranks(graph: Tensor, graphs: int) -> Tensor:
    """Each edge's place among those of its graph, in their order.

    Args:
        graph: int64, shape (E,), of each edge, in any order.
        graphs: how many there are.

    Returns:
        int64, shape (E,).
    """
    counts = torch.bincount(graph, minlength=graphs)
    firsts = counts.cumsum(0) - counts
    order = graph.argsort(stable=True)
    along = torch.arange(len(graph), device=graph.device) - firsts[graph[order]]
    return torch.empty_like(along).scatter_(0, order, along)
