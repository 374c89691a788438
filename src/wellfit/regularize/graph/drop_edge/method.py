"""Leave out some edges of a graph, both directions of an undirected one together."""

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from wellfit.regularize.card import Card
from wellfit.regularize.coins import border, coins_at, pieces, row_of_coins, scatter, starts
from wellfit.regularize.draws import Draws, drawn
from wellfit.regularize.graph.batched import graph_of_edges, places, ranks
from wellfit.regularize.graph.drop_edge.card import DROP_EDGE
from wellfit.regularize.graph.edges import check_node_count, edge_facts, is_undirected
from wellfit.regularize.graph.holder import held
from wellfit.regularize.graph.method import GraphMethod, Mode, check_model, check_values, checked_mode
from wellfit.regularize.method import fraction

Undirected = Literal["auto", True, False]

_COINS = 0x4BD8_8B2F_0971_B7C4
"""Stream of the draws: 63 random bits."""


def drop_edges(  # noqa: PLR0913 - keyword-only options
    edge_index: Tensor,
    *,
    p: float,
    undirected: Undirected = "auto",
    keep_self_loops: bool = True,
    num_nodes: int | None = None,
    batch: Tensor | None = None,
    draws: Draws | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw which edges stay.

    Of an undirected graph the coin belongs to the pair of nodes, so that both directions share it, and all edges
    between the same two nodes, in whatever order they stand. Of a directed one it belongs to the edge's place.

    Args:
        edge_index: int64 or int32, shape (2, E).
        p: chance that an edge is dropped, in [0, 1].
        undirected: "auto" looks whether each edge's reverse is there too.
        keep_self_loops: an edge from a node to itself always stays.
        num_nodes: N, for a check of the ids; None checks none.
        batch: int64, shape (N,), each node's graph, ascending; used with the draws of several graphs.
        draws: numbers of the graph, or of each graph of the batch.
        generator: draws them where they are not given; torch's default one where None.

    Returns:
        bool, shape (E,): True for an edge that stays. `edge_index[:, kept]` are these, `kept.float()` is a weight.

    Raises:
        ValueError: if p lies outside [0, 1], a shape or an id is wrong, or an edge leads from one graph to another.
        TypeError: if edge_index is no dense tensor of whole numbers.

    Example:
        >>> edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
        >>> drop_edges(edges, p=1.0)
        tensor([False, False, False, False])
        >>> kept = drop_edges(edges, p=0.5)
        >>> bool(kept[0] == kept[1]) and bool(kept[2] == kept[3])
        True

    Source:
        Rong et al. 2020, DropEdge, https://arxiv.org/abs/1907.10903.
    """
    facts, p = edge_facts(edge_index), fraction("p", p)
    if num_nodes is not None:
        check_node_count(edge_index, num_nodes)
    paired = is_undirected(edge_index) if undirected == "auto" else _yes_or_no(undirected)
    if draws is None:
        draws = drawn(1, generator=generator, device=edge_index.device)
    kept = (_pair_coins if paired else _place_coins)(edge_index, p, draws, batch).logical_not_()
    return kept.index_fill_(0, facts.loops, value=True) if keep_self_loops else kept


def _yes_or_no(undirected: object) -> bool:
    if not isinstance(undirected, bool):
        raise ValueError(f"undirected must be 'auto', True or False, got {undirected!r}")  # noqa: TRY004 a choice
    return undirected


def _place_coins(edge_index: Tensor, p: float, draws: Draws, batch: Tensor | None) -> Tensor:
    """By the edge's place in its graph."""
    start = starts(draws, _COINS)
    if draws.samples == 1:
        return row_of_coins(start[0], p, edge_index.shape[1])
    where = places(_needed(batch, draws), draws.samples)
    _check_batch_covers(edge_index, where.graph)
    graph = graph_of_edges(edge_index, where.graph)
    return coins_at(start[graph], ranks(graph, draws.samples), p)


def _pair_coins(edge_index: Tensor, p: float, draws: Draws, batch: Tensor | None) -> Tensor:
    """By the edge's two nodes: a product of two numbers does not know which came first."""
    start = starts(draws, _COINS)
    nodes = None if draws.samples == 1 else _node_numbers(edge_index, start, draws, batch)
    coins = torch.ones(edge_index.shape[1], dtype=torch.bool, device=edge_index.device)
    if p >= 1:
        return coins
    for cut in pieces(len(coins), edge_index.device):
        first, second = (_numbers(row[cut], start, nodes) for row in edge_index)
        torch.lt(scatter(first.mul_(second)), border(p), out=coins[cut])
    return coins


def _numbers(ids: Tensor, start: Tensor, nodes: Tensor | None) -> Tensor:
    """A number of each node, in its graph; a new tensor."""
    return ids + start if nodes is None else nodes[ids]


def _node_numbers(edge_index: Tensor, start: Tensor, draws: Draws, batch: Tensor | None) -> Tensor:
    where = places(_needed(batch, draws), draws.samples)
    _check_batch_covers(edge_index, where.graph)
    graph_of_edges(edge_index, where.graph)
    return where.local + start[where.graph]


def _needed(batch: Tensor | None, draws: Draws) -> Tensor:
    if batch is None:
        raise ValueError(f"batch must say each node's graph where there are {draws.samples} graphs")
    return batch


def _check_batch_covers(edge_index: Tensor, batch: Tensor) -> None:
    highest = edge_facts(edge_index).highest
    if highest >= len(batch):
        raise ValueError(f"batch must have an entry for each node, got {len(batch)} and an edge of node {highest}")


class DropEdge(GraphMethod):
    """Leaves out each edge with chance p, both directions together; off in eval().

    Takes an `edge_index`, or a graph of PyTorch Geometric or DGL, and leaves what it was given as it is. Edges that
    stay keep their order. Draw again for each step; all layers of a model then share what was drawn.

    Args:
        p: chance that an edge is dropped at strength 1, in [0, 1].
        undirected: "auto" looks whether each edge's reverse is there too, once for each tensor and again after a
            change; where every step has a new graph, True or False saves that.
        mode: "index" gives the edges that stay; "mask" gives a bool for each edge, or writes weights of 0 and 1 into
            the graph, which costs no copy and keeps all shapes, and needs layers that take `edge_weight`.
        keep_self_loops: an edge from a node to itself always stays.
        weight: name under which mode "mask" writes weights into a graph; those that stand there are multiplied.
        model: looked through for layers that would ignore the drop; not kept.
        strength, seed, generator: as of every method.

    Raises:
        ValueError: if p or strength lies outside [0, 1], mode is unknown, or a layer of model caches its graph.

    Example:
        >>> drop = DropEdge(1.0)
        >>> edges = torch.tensor([[0, 1, 2], [1, 0, 2]])
        >>> drop(edges)
        tensor([[2],
                [2]])
        >>> drop.eval()(edges) is edges
        True

    Source:
        Rong et al. 2020, DropEdge, https://arxiv.org/abs/1907.10903.
    """

    card: ClassVar[Card] = DROP_EDGE

    def __init__(  # noqa: PLR0913 - keyword-only options
        self,
        p: float = DROP_EDGE.full,
        *,
        undirected: Undirected = "auto",
        mode: Mode = "index",
        keep_self_loops: bool = True,
        weight: str = "edge_weight",
        model: nn.Module | None = None,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(p, strength=strength, seed=seed, generator=generator)
        check_model(model)
        self.undirected: Undirected = undirected if undirected == "auto" else _yes_or_no(undirected)
        self.mode = checked_mode(mode)
        self.keep_self_loops = keep_self_loops
        self.weight = weight

    def forward(
        self,
        graph: Any,
        *values: Tensor,
        num_nodes: int | None = None,
        batch: Tensor | None = None,
        index: Tensor | None = None,
    ) -> Any:
        """Drop edges.

        Args:
            graph: edge_index of shape (2, E), or a graph of PyTorch Geometric or DGL.
            values: with an edge_index in mode "index": weights or attributes, shape (E, ...), that move along.
            num_nodes: with an edge_index, for a check of its ids.
            batch: with an edge_index, int64, shape (N,): each node's graph. A graph object brings its own.
            index: int64, shape (1,), or (G,) for a batch: the graphs' places in the data set, to which the draws then
                belong. Without it the whole batch draws as one graph.

        Returns:
            For an edge_index in mode "index": the edges that stay, int64, shape (2, K), and behind them the values,
            as a tuple where there are any. In mode "mask": bool, shape (E,). For a graph: a copy.

        Raises:
            ValueError: if a shape or an id is wrong.
            TypeError: if graph is neither.
        """
        if isinstance(graph, Tensor):
            return self._of_tensor(graph, values, num_nodes, batch, index)
        if self.chance == 0:
            return graph
        holder = held(graph)
        kept = self._kept(holder.edge_index, holder.num_nodes, holder.batch, index)
        return holder.only(kept) if self.mode == "index" else holder.weighted(kept, self.weight)

    def _of_tensor(
        self,
        edges: Tensor,
        values: tuple[Tensor, ...],
        num_nodes: int | None,
        batch: Tensor | None,
        index: Tensor | None,
    ) -> Any:
        check_values(edges, values, self.mode)
        if self.mode == "mask":
            return self._kept(edges, num_nodes, batch, index)
        if self.chance > 0:
            where = self._kept(edges, num_nodes, batch, index).nonzero().squeeze(1)
            edges = edges.gather(1, where.expand(2, -1))  # a third faster than index_select
            values = tuple(value.index_select(0, where) for value in values)
        return (edges, *values) if values else edges

    def _kept(self, edges: Tensor, num_nodes: int | None, batch: Tensor | None, index: Tensor | None) -> Tensor:
        facts = edge_facts(edges)
        if self.chance == 0:
            return torch.ones(edges.shape[1], dtype=torch.bool, device=edges.device)
        if edges.shape[1] == (len(facts.loops) if self.keep_self_loops else 0):
            self.say_no_effect(f"the graph has {edges.shape[1]} edges, none of them between two nodes")
        return drop_edges(
            edges,
            p=self.chance,
            undirected=self.undirected,
            keep_self_loops=self.keep_self_loops,
            num_nodes=num_nodes,
            batch=batch,
            draws=self.graph_draws(edges.device, index, batch),
        )
