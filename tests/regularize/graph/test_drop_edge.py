"""Edges left out: at their rate, both directions together, in their order, and by the graph they belong to."""

import math

import networkx as nx
import pytest
import torch
from regularize.graph.graphs import DglLike, data, edges_of, grid, karate, novel, shuffled
from torch import Tensor

from wellfit.regularize.draws import keyed
from wellfit.regularize.graph.drop_edge.method import DropEdge, drop_edges
from wellfit.regularize.graph.edges import is_undirected
from wellfit.regularize.method import NoEffectWarning

EPOCHS = 250


def kept_over_epochs(edges: Tensor, p: float, **options: object) -> Tensor:
    """bool, shape (EPOCHS, E)."""
    one = torch.tensor([0])
    return torch.stack([drop_edges(edges, p=p, draws=keyed(one, epoch=e), **options) for e in range(EPOCHS)])


def pairs_of(edges: Tensor) -> list[frozenset[int]]:
    return [frozenset(pair) for pair in edges.T.tolist()]


@pytest.mark.parametrize("undirected", [True, False])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_edges_fall_at_their_rate(p: float, undirected: bool) -> None:
    kept = kept_over_epochs(novel(), p, undirected=undirected).float()
    coins = kept.numel() / (2 if undirected else 1)
    assert abs(kept.mean() - (1 - p)) < 4.5 * math.sqrt(p * (1 - p) / coins)
    spread = (kept.mean(0) - (1 - p)) / math.sqrt(p * (1 - p) / EPOCHS)
    assert spread.abs().max() < 4.5, "no edge has a chance of its own"


@pytest.mark.parametrize("edges", [karate(), grid(8), edges_of(nx.complete_graph(20)), edges_of(nx.star_graph(150))])
def test_pairs_of_edges_fall_independently(edges: Tensor) -> None:
    half = edges[:, : edges.shape[1] // 2]  # one of each pair
    kept = kept_over_epochs(half, 0.5, undirected=True).float() - 0.5
    products = 4 * kept.T @ kept / math.sqrt(EPOCHS)
    others = products[~torch.eye(len(products), dtype=torch.bool)]
    assert abs(others.mean()) < 4.5 / math.sqrt(len(others) / 2)
    assert abs(others.square().mean() - 1) < 0.12, "the products of two coins spread as those of independent ones"
    assert others.abs().max() < 6


def test_edges_at_their_places_fall_independently() -> None:
    kept = kept_over_epochs(karate(), 0.5, undirected=False).float() - 0.5
    products = 4 * kept.T @ kept / math.sqrt(EPOCHS)
    others = products[~torch.eye(len(products), dtype=torch.bool)]
    assert abs(others.square().mean() - 1) < 0.12
    assert others.abs().max() < 6


def test_cycles_of_four_fall_as_often_as_independent_edges_do() -> None:
    """A sum of two nodes' hashes would fail here: around a cycle, the fourth is known from three."""
    edges = edges_of(nx.complete_bipartite_graph(2, 60))[:, :120]
    kept = kept_over_epochs(edges, 0.5, undirected=True).view(EPOCHS, 2, 60)
    even = kept.sum(1)[:, :59] + kept.sum(1)[:, 1:]
    assert abs((even % 2 == 0).float().mean() - 0.5) < 4.5 * 0.5 / math.sqrt(EPOCHS * 59)


@pytest.mark.parametrize("edges", [karate(), shuffled(novel()), karate().to(torch.int32)])
def test_both_directions_leave_together(edges: Tensor) -> None:
    kept = drop_edges(edges, p=0.5)
    fate: dict[frozenset[int], bool] = {}
    for pair, stays in zip(pairs_of(edges), kept.tolist(), strict=True):
        assert fate.setdefault(pair, stays) == stays
    assert set(fate.values()) == {True, False}


def test_directions_of_a_directed_graph_do_not() -> None:
    kept = drop_edges(karate(), p=0.5, undirected=False)
    assert not torch.equal(*kept.view(2, -1))


def test_a_pairs_fate_hangs_neither_on_order_nor_direction() -> None:
    edges, draws = novel(), keyed(torch.tensor([3]))
    kept = drop_edges(edges, p=0.4, draws=draws, undirected=True)
    order = torch.randperm(edges.shape[1], generator=torch.Generator().manual_seed(1))
    assert torch.equal(drop_edges(edges[:, order], p=0.4, draws=draws, undirected=True), kept[order])
    assert torch.equal(drop_edges(edges.flip(0), p=0.4, draws=draws, undirected=True), kept)


def test_parallel_edges_share_their_fate_where_undirected() -> None:
    edges = torch.tensor([[0, 1, 0, 1], [1, 0, 1, 0]])
    assert all(len(set(drop_edges(edges, p=0.5).tolist())) == 1 for _ in range(20))


def test_edges_that_stay_keep_their_order_and_what_is_theirs() -> None:
    edges = shuffled(novel())
    numbers = torch.arange(edges.shape[1])
    few, their, same = DropEdge(0.5)(edges, numbers, edges.T)
    assert torch.equal(few, edges[:, their])
    assert torch.equal(same, edges.T[their])
    assert bool((their.diff() > 0).all())
    assert 0 < len(their) < len(numbers)


def test_mask_and_index_say_the_same() -> None:
    edges, one = karate(), torch.tensor([8])
    kept = DropEdge(0.5, mode="mask")(edges, index=one)
    assert kept.dtype == torch.bool
    assert torch.equal(DropEdge(0.5)(edges, index=one), edges[:, kept])


@pytest.mark.parametrize("undirected", [True, False])
def test_self_loops_are_kept_or_fall_like_others(undirected: bool) -> None:
    loops = torch.arange(200).repeat(2, 1)
    edges = torch.cat([loops, loops + torch.tensor([[0], [1]])], dim=1)
    kept = drop_edges(edges, p=0.5, undirected=undirected)
    assert kept[:200].all()
    assert 60 < kept[200:].sum() < 140
    assert 60 < drop_edges(edges, p=0.5, undirected=undirected, keep_self_loops=False)[:200].sum() < 140


def test_the_ends_of_the_range() -> None:
    edges = karate()
    for undirected in (True, False):
        assert drop_edges(edges, p=0.0, undirected=undirected).all()
        assert not drop_edges(edges, p=1.0, undirected=undirected).any()


def batch_of(graphs: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The graphs side by side, as batches have them, and each node's graph."""
    sizes = [int(edges.max()) + 1 for edges in graphs]
    offsets = torch.tensor([0, *sizes]).cumsum(0)
    edges = torch.cat([edges + offset for edges, offset in zip(graphs, offsets, strict=False)], dim=1)
    return edges, torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))


@pytest.mark.parametrize("undirected", [True, False])
@pytest.mark.parametrize("p", [0.5, 1.0])
def test_draws_belong_to_a_graph_whatever_stands_beside_it(undirected: bool, p: float) -> None:
    graphs = [karate(), novel(), grid(5), shuffled(karate())]
    drop = DropEdge(p, mode="mask", undirected=undirected, seed=5)
    alone = [drop(edges, index=torch.tensor([40 + i])) for i, edges in enumerate(graphs)]
    for order in ([0, 1, 2, 3], [3, 1], [2, 0, 3]):
        edges, batch = batch_of([graphs[i] for i in order])
        together = drop(edges, batch=batch, index=torch.tensor(order) + 40)
        assert torch.equal(together, torch.cat([alone[i] for i in order]))


def test_edges_of_a_batch_may_stand_in_any_order() -> None:
    edges, batch = batch_of([karate(), novel()])
    drop, index = DropEdge(0.5, mode="mask", undirected=False), torch.tensor([1, 2])
    inner = torch.cat(
        [torch.arange(156) * 3, torch.arange(edges.shape[1] - 156) * 2 + 1]
    ).argsort()  # within each, as before
    assert torch.equal(drop(edges[:, inner], batch=batch, index=index), drop(edges, batch=batch, index=index)[inner])


def test_same_graphs_of_a_batch_draw_apart() -> None:
    edges, batch = batch_of([karate(), karate()])
    kept = DropEdge(0.5, mode="mask")(edges, batch=batch, index=torch.tensor([0, 1])).view(2, -1)
    assert not torch.equal(*kept)


def test_another_epoch_or_seed_draws_anew() -> None:
    edges, one, drop = karate(), torch.tensor([0]), DropEdge(0.5, mode="mask")
    first = drop(edges, index=one)
    drop.set_epoch(1)
    assert not torch.equal(first, drop(edges, index=one))
    assert not torch.equal(first, DropEdge(0.5, mode="mask", seed=1)(edges, index=one))


def test_a_data_object_comes_back_as_a_copy_with_fewer_edges() -> None:
    edges = karate()
    graph = data(edges, edge_attr=torch.arange(edges.shape[1]), edge_weight=torch.rand(edges.shape[1]), y=3)
    few = DropEdge(0.5)(graph)
    assert torch.equal(few.edge_index, edges[:, few.edge_attr])
    assert torch.equal(few.edge_weight, graph.edge_weight[few.edge_attr])
    assert few.x is graph.x
    assert few.y == 3
    assert graph.edge_index is edges
    assert few.edge_index.shape[1] < edges.shape[1]


def test_mask_mode_multiplies_the_weights_that_stand_there() -> None:
    edges = karate()
    weight = torch.rand(edges.shape[1], requires_grad=True)
    graph = DropEdge(0.5, mode="mask")(data(edges, edge_weight=weight), index=torch.tensor([2]))
    kept = DropEdge(0.5, mode="mask")(edges, index=torch.tensor([2]))
    assert torch.equal(graph.edge_weight, weight * kept)
    graph.edge_weight.sum().backward()
    assert torch.equal(weight.grad, kept.float())
    assert torch.equal(DropEdge(0.5, mode="mask")(data(edges), index=torch.tensor([2])).edge_weight, kept.float())


def test_a_dgl_like_batch_stays_one() -> None:
    edges, batch = batch_of([karate(), novel()])
    graph = DglLike(edges, torch.bincount(batch).tolist(), [156, edges.shape[1] - 156])
    graph.edata["number"] = torch.arange(edges.shape[1])
    few = DropEdge(0.5)(graph, index=torch.tensor([4, 9]))
    kept = DropEdge(0.5, mode="mask")(edges, batch=batch, index=torch.tensor([4, 9]))
    assert torch.equal(few.edata["number"], kept.nonzero().squeeze(1))
    assert few.batch_num_edges().tolist() == [int(kept[:156].sum()), int(kept[156:].sum())]
    assert few.batch_num_nodes().tolist() == [34, 77]
    assert torch.equal(DropEdge(0.5, mode="mask")(graph, index=torch.tensor([4, 9])).edata["edge_weight"], kept.float())
    assert "edge_weight" not in graph.edata


def test_undirected_graphs_are_told_from_others() -> None:
    for edges in (
        karate(),
        shuffled(novel()),
        torch.tensor([[0, 1, 2], [1, 0, 2]]),
        torch.empty(2, 0, dtype=torch.int64),
    ):
        assert is_undirected(edges)
    one_way = torch.tensor([[0, 1, 2], [1, 2, 0]])
    twice_there_once_back = torch.tensor([[0, 0, 1], [1, 1, 0]])
    for edges in (one_way, twice_there_once_back, karate()[:, 1:], karate()[:, :78]):
        assert not is_undirected(edges)


def test_a_change_of_the_edges_is_noticed() -> None:
    edges = karate()
    assert is_undirected(edges)
    edges[0, 0] = 33
    assert not is_undirected(edges)
    edges[0, 0] = -1
    with pytest.raises(ValueError, match="node ids >= 0, got -1"):
        DropEdge(0.5)(edges)


def test_off_in_evaluation_and_at_strength_zero() -> None:
    edges = karate()
    weights = torch.rand(edges.shape[1])
    for drop in (DropEdge(0.5).eval(), DropEdge(0.5, strength=0.0)):
        assert drop(edges) is edges
        assert drop(edges, weights) == (edges, weights)
        graph = data(edges)
        assert drop(graph) is graph
    assert DropEdge(0.5, mode="mask").eval()(edges).all()


def test_strength_scales_the_chance() -> None:
    edges = shuffled(novel())
    kept = torch.stack([DropEdge(0.8, strength=0.25, mode="mask")(edges) for _ in range(100)])
    assert abs(kept.float().mean() - 0.8) < 0.02


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_chance_outside_its_range_is_told(p: float) -> None:
    with pytest.raises(ValueError, match=rf"p must lie in \[0, 1\], got {p}"):
        DropEdge(p)
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\]"):
        drop_edges(karate(), p=p)


def test_graphs_without_edges_stay_so_and_it_is_told() -> None:
    nothing = torch.empty(2, 0, dtype=torch.int64)
    with pytest.warns(NoEffectWarning, match="0 edges"):
        assert DropEdge(0.5)(nothing).shape == (2, 0)
    one_node = torch.tensor([[0], [0]])
    with pytest.warns(NoEffectWarning, match="none of them between two nodes"):
        assert torch.equal(DropEdge(0.5)(one_node), one_node)
    with pytest.warns(NoEffectWarning, match="p is 0"):
        DropEdge(0.0)


@pytest.mark.parametrize(
    ("edges", "error", "said"),
    [
        (torch.zeros(3, 4, dtype=torch.int64), ValueError, r"shape \(2, E\), got \(3, 4\)"),
        (torch.zeros(4, dtype=torch.int64), ValueError, r"shape \(2, E\), got \(4,\)"),
        (torch.zeros(2, 4), TypeError, "int64 or int32, got torch.float32"),
        (torch.eye(2).to_sparse(), TypeError, "dense tensor of shape"),
        (torch.tensor([[0, -3], [1, 1]]), ValueError, "node ids >= 0, got -3"),
        ([[0], [1]], TypeError, "got list"),
    ],
)
def test_edges_of_another_form_are_told(edges: object, error: type[Exception], said: str) -> None:
    for drop in (DropEdge(0.5), DropEdge(0.5, mode="mask").eval()):
        if isinstance(edges, Tensor) or drop.training:
            with pytest.raises(error, match=said):
                drop(edges)


def test_other_mistakes_are_told_with_the_value() -> None:
    edges = karate()
    with pytest.raises(ValueError, match="below num_nodes = 30, got 33"):
        DropEdge(0.5)(edges, num_nodes=30)
    with pytest.raises(ValueError, match="mode must be 'index' or 'mask', got 'both'"):
        DropEdge(0.5, mode="both")
    with pytest.raises(ValueError, match="undirected must be 'auto', True or False, got 1"):
        DropEdge(0.5, undirected=1)
    with pytest.raises(ValueError, match=r"one row for each of 156 edges, got \(2,\)"):
        DropEdge(0.5)(edges, torch.rand(2))
    with pytest.raises(ValueError, match="mode 'mask' moves no values, got 1"):
        DropEdge(0.5, mode="mask")(edges, torch.rand(156))
    with pytest.raises(ValueError, match=r"index must be of shape \(1,\)"):
        DropEdge(0.5)(edges, index=torch.tensor([1, 2]))


def test_mistakes_in_a_batch_are_told() -> None:
    edges, index, drop = karate(), torch.tensor([3, 4]), DropEdge(0.5)
    halves = (torch.arange(34) >= 17).long()
    with pytest.raises(ValueError, match=r"edge \d+ leads from graph 0 to 1"):
        drop(edges, batch=halves, index=index)
    with pytest.raises(ValueError, match="ascending order"):
        drop(edges, batch=1 - halves, index=index)
    with pytest.raises(ValueError, match="graphs 0 to 1, got 0 to 3"):
        drop(edges, batch=3 * halves, index=index)
    with pytest.raises(ValueError, match="got 20 and an edge of node 33"):
        drop(edges, batch=halves[:20], index=index)
    with pytest.raises(ValueError, match="batch must be int64"):
        drop(edges, batch=halves.float(), index=index)


def test_graphs_of_several_kinds_and_other_objects_are_told() -> None:
    several = data(karate(), edge_types=[("a", "to", "b")])
    with pytest.raises(TypeError, match="several kinds of edges"):
        DropEdge(0.5)(several)
    with pytest.raises(TypeError, match=r"edge_index tensor, or a graph.*got dict"):
        DropEdge(0.5)({"edge_index": karate()})
