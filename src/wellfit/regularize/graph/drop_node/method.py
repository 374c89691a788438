"""Leave out some nodes of a graph with all their edges, and say which."""

from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from wellfit.regularize.card import Card
from wellfit.regularize.coins import coins_at, row_of_coins, starts
from wellfit.regularize.draws import Draws, drawn
from wellfit.regularize.graph.batched import places
from wellfit.regularize.graph.drop_node.card import DROP_NODE
from wellfit.regularize.graph.edges import check_node_count, edge_facts
from wellfit.regularize.graph.holder import held
from wellfit.regularize.graph.method import GraphMethod, Mode, check_model, check_values, checked_mode
from wellfit.regularize.method import fraction

_COINS = 0x689E_289D_42F8_EDA1
"""Stream of the draws: 63 random bits."""


class Kept(NamedTuple):
    """What stays of a graph.

    Args:
        edges: bool, shape (E,).
        nodes: bool, shape (N,); those on which the training loss is to be taken.
    """

    edges: Tensor
    nodes: Tensor


def drop_nodes(  # noqa: PLR0913 - keyword-only options
    edge_index: Tensor,
    num_nodes: int | None = None,
    *,
    p: float,
    batch: Tensor | None = None,
    draws: Draws | None = None,
    generator: torch.Generator | None = None,
) -> Kept:
    """Draw which nodes stay; an edge stays where both its nodes do.

    Args:
        edge_index: int64 or int32, shape (2, E).
        num_nodes: N; None takes the length of batch, else the highest id of an edge and one, and so misses isolated
            nodes behind it.
        p: chance that a node is dropped, in [0, 1].
        batch: int64, shape (N,), each node's graph, ascending; used with the draws of several graphs.
        draws: numbers of the graph, or of each graph of the batch.
        generator: draws them where they are not given; torch's default one where None.

    Returns:
        Which edges and which nodes stay. Ids are not counted anew: a dropped node is there, without edges, those to
        itself among them.

    Raises:
        ValueError: if p lies outside [0, 1], or a shape or an id is wrong.
        TypeError: if edge_index is no dense tensor of whole numbers.

    Example:
        >>> drop_nodes(torch.tensor([[0, 1], [1, 0]]), 3, p=1.0)
        Kept(edges=tensor([False, False]), nodes=tensor([False, False, False]))

    Source:
        PyTorch Geometric, torch_geometric.utils.dropout_node.
    """
    p, count = fraction("p", p), _count(edge_index, num_nodes, batch)
    if draws is None:
        draws = drawn(1, generator=generator, device=edge_index.device)
    nodes = ~_node_coins(count, p, draws, batch)
    source, target = edge_index
    return Kept(nodes.index_select(0, source).logical_and_(nodes.index_select(0, target)), nodes)


def _count(edge_index: Tensor, num_nodes: int | None, batch: Tensor | None) -> int:
    facts = edge_facts(edge_index)
    if num_nodes is None:
        num_nodes = facts.highest + 1 if batch is None else len(batch)
    check_node_count(edge_index, num_nodes)
    return num_nodes


def _node_coins(count: int, p: float, draws: Draws, batch: Tensor | None) -> Tensor:
    """By the node's place in its graph."""
    start = starts(draws, _COINS)
    if draws.samples == 1:
        return row_of_coins(start[0], p, count)
    if batch is None:
        raise ValueError(f"batch must say each node's graph where there are {draws.samples} graphs")
    where = places(batch, draws.samples, count)
    return coins_at(start[where.graph], where.local, p)


class DropNode(GraphMethod):
    """Leaves out each node with chance p, with all its edges; off in eval().

    Takes an `edge_index`, or a graph of PyTorch Geometric or DGL, and leaves what it was given as it is. A dropped node
    stays in the features and gets no message, so that its output says little: take the training loss on the kept nodes
    alone. In a graph's copy they are written down as `kept_nodes`, and `train_mask` leaves the others out;
    `val_mask` and `test_mask` stay, and in eval() nothing is dropped, so that no labelled node is missing in a metric.

    Args:
        p: chance that a node is dropped at strength 1, in [0, 1].
        mode: "index" gives the edges that stay; "mask" gives a bool for each edge, or writes weights of 0 and 1 into
            the graph, and needs layers that take `edge_weight`.
        weight: name under which mode "mask" writes weights into a graph; those that stand there are multiplied.
        model: looked through for layers that would ignore the drop; not kept.
        strength, seed, generator: as of every method.

    Raises:
        ValueError: if p or strength lies outside [0, 1], mode is unknown, or a layer of model caches its graph.

    Example:
        >>> edges, nodes = DropNode(0.5)(torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]]), num_nodes=4)
        >>> bool(nodes[edges].all()), nodes.shape
        (True, torch.Size([4]))

    Source:
        PyTorch Geometric, torch_geometric.utils.dropout_node.
    """

    card: ClassVar[Card] = DROP_NODE

    def __init__(  # noqa: PLR0913 - keyword-only options
        self,
        p: float = DROP_NODE.full,
        *,
        mode: Mode = "index",
        weight: str = "edge_weight",
        model: nn.Module | None = None,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(p, strength=strength, seed=seed, generator=generator)
        check_model(model)
        self.mode = checked_mode(mode)
        self.weight = weight

    def forward(
        self,
        graph: Any,
        *values: Tensor,
        num_nodes: int | None = None,
        batch: Tensor | None = None,
        index: Tensor | None = None,
    ) -> Any:
        """Drop nodes.

        Args:
            graph: edge_index of shape (2, E), or a graph of PyTorch Geometric or DGL.
            values: with an edge_index in mode "index": weights or attributes, shape (E, ...), that move along.
            num_nodes: with an edge_index, N; see `drop_nodes`.
            batch: with an edge_index, int64, shape (N,): each node's graph. A graph object brings its own.
            index: int64, shape (1,), or (G,) for a batch: the graphs' places in the data set, to which the draws then
                belong. Without it the whole batch draws as one graph.

        Returns:
            For an edge_index in mode "index": the edges that stay, int64, shape (2, K), the kept nodes, bool, shape
            (N,), and the values. In mode "mask": `Kept`. For a graph: a copy.

        Raises:
            ValueError: if a shape or an id is wrong.
            TypeError: if graph is neither.
        """
        if isinstance(graph, Tensor):
            check_values(graph, values, self.mode)
            return self._of_tensor(graph, values, self._kept(graph, num_nodes, batch, index))
        if self.chance == 0:
            return graph
        holder = held(graph)
        kept = self._kept(holder.edge_index, holder.num_nodes, holder.batch, index)
        changed = holder.only(kept.edges) if self.mode == "index" else holder.weighted(kept.edges, self.weight)
        return holder.mark_nodes(changed, kept.nodes)

    def _of_tensor(self, edges: Tensor, values: tuple[Tensor, ...], kept: Kept) -> Any:
        if self.mode == "mask":
            return kept
        if self.chance == 0:
            return edges, kept.nodes, *values
        where = kept.edges.nonzero().squeeze(1)
        return edges.gather(1, where.expand(2, -1)), kept.nodes, *(value.index_select(0, where) for value in values)

    def _kept(self, edges: Tensor, num_nodes: int | None, batch: Tensor | None, index: Tensor | None) -> Kept:
        if self.chance == 0:
            count = _count(edges, num_nodes, batch)
            return Kept(*(torch.ones(n, dtype=torch.bool, device=edges.device) for n in (edges.shape[1], count)))
        draws = self.graph_draws(edges.device, index, batch)
        kept = drop_nodes(edges, num_nodes, p=self.chance, batch=batch, draws=draws)
        if len(kept.nodes) == 0:
            self.say_no_effect("the graph has no nodes")
        return kept
