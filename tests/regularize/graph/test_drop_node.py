"""Nodes left out: at their rate, with all their edges, and out of the training loss alone."""

import math

import pytest
import torch
from regularize.graph.graphs import DglLike, data, karate, novel

from wellfit.regularize.draws import keyed
from wellfit.regularize.graph.drop_node.method import DropNode, drop_nodes
from wellfit.regularize.method import NoEffectWarning

EPOCHS = 250


def kept_over_epochs(p: float) -> torch.Tensor:
    one = torch.tensor([0])
    return torch.stack([drop_nodes(novel(), p=p, draws=keyed(one, epoch=e)).nodes for e in range(EPOCHS)])


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_nodes_fall_at_their_rate(p: float) -> None:
    kept = kept_over_epochs(p).float()
    assert abs(kept.mean() - (1 - p)) < 4.5 * math.sqrt(p * (1 - p) / kept.numel())
    assert ((kept.mean(0) - (1 - p)) / math.sqrt(p * (1 - p) / EPOCHS)).abs().max() < 4.5


def test_nodes_fall_independently() -> None:
    kept = kept_over_epochs(0.5).float() - 0.5
    products = 4 * kept.T @ kept / math.sqrt(EPOCHS)
    others = products[~torch.eye(len(products), dtype=torch.bool)]
    assert abs(others.square().mean() - 1) < 0.12
    assert others.abs().max() < 6


def test_an_edge_stays_where_both_its_nodes_do() -> None:
    edges = novel()
    kept = drop_nodes(edges, p=0.3)
    assert torch.equal(kept.edges, kept.nodes[edges[0]] & kept.nodes[edges[1]])
    assert kept.edges.dtype == kept.nodes.dtype == torch.bool


def test_isolated_nodes_are_counted_where_they_are_told() -> None:
    edges = torch.tensor([[0, 1], [1, 0]])
    assert drop_nodes(edges, p=0.5).nodes.shape == (2,)
    assert drop_nodes(edges, 9, p=0.5).nodes.shape == (9,)
    assert drop_nodes(edges, p=0.5, batch=torch.tensor([0, 0, 1])).nodes.shape == (3,)


def test_edges_to_oneself_go_with_the_node() -> None:
    loops = torch.arange(50).repeat(2, 1)
    kept = drop_nodes(loops, p=0.5)
    assert torch.equal(kept.edges, kept.nodes)


def test_index_and_mask_say_the_same() -> None:
    edges, one, numbers = karate(), torch.tensor([6]), torch.arange(156)
    kept = DropNode(0.3, mode="mask")(edges, index=one)
    few, nodes, their = DropNode(0.3)(edges, numbers, index=one)
    assert torch.equal(few, edges[:, kept.edges])
    assert torch.equal(nodes, kept.nodes)
    assert torch.equal(their, numbers[kept.edges])


def test_draws_belong_to_a_graph_whatever_stands_beside_it() -> None:
    drop = DropNode(0.5, mode="mask")
    alone = [drop(edges, index=torch.tensor([i + 7])).nodes for i, edges in enumerate((karate(), novel()))]
    edges = torch.cat([novel(), karate() + 77], dim=1)
    batch = (torch.arange(111) >= 77).long()
    together = drop(edges, batch=batch, index=torch.tensor([8, 7]))
    assert torch.equal(together.nodes, torch.cat(alone[::-1]))


def test_a_data_object_says_which_nodes_the_training_loss_may_see() -> None:
    edges, everyone = karate(), torch.ones(34, dtype=torch.bool)
    graph = data(edges, train_mask=everyone.clone(), val_mask=everyone, test_mask=everyone, edge_attr=torch.arange(156))
    few = DropNode(0.5)(graph)
    assert torch.equal(few.train_mask, few.kept_nodes)
    assert few.val_mask is everyone
    assert few.test_mask is everyone
    assert graph.train_mask.all()
    assert not hasattr(graph, "kept_nodes")
    assert bool(few.kept_nodes[few.edge_index].all())
    assert torch.equal(few.edge_index, edges[:, few.edge_attr])


def test_masks_of_several_splits_are_cut_alike() -> None:
    few = DropNode(0.5)(data(karate(), train_mask=torch.ones(34, 10, dtype=torch.bool)))
    assert torch.equal(few.train_mask, few.kept_nodes[:, None].expand(34, 10))


def test_mask_mode_writes_weights() -> None:
    graph = DropNode(0.5, mode="mask")(data(karate()))
    assert torch.equal(graph.edge_weight > 0, graph.kept_nodes[graph.edge_index].all(0))


def test_a_dgl_like_graph_is_marked_in_a_copy() -> None:
    graph = DglLike(karate(), [34], [156])
    graph.ndata["train_mask"] = torch.ones(34, dtype=torch.bool)
    for mode in ("index", "mask"):
        few = DropNode(0.5, mode=mode)(graph)
        assert torch.equal(few.ndata["kept_nodes"], few.ndata["train_mask"])
        assert not few.ndata["kept_nodes"].all()
    assert graph.ndata["train_mask"].all()
    assert "kept_nodes" not in graph.ndata


def test_off_in_evaluation_and_at_strength_zero() -> None:
    edges = karate()
    for drop in (DropNode(0.5).eval(), DropNode(0.5, strength=0.0)):
        same, nodes = drop(edges)
        assert same is edges
        assert nodes.all()
        graph = data(edges)
        assert drop(graph) is graph
    assert all(kept.all() for kept in DropNode(0.5, mode="mask").eval()(edges))


def test_the_ends_of_the_range() -> None:
    assert all(kept.all() for kept in drop_nodes(karate(), p=0.0))
    assert not any(kept.any() for kept in drop_nodes(karate(), p=1.0))


def test_small_and_empty_graphs() -> None:
    nothing = torch.empty(2, 0, dtype=torch.int64)
    assert [len(kept) for kept in drop_nodes(nothing, 5, p=0.5)] == [0, 5]
    assert [len(kept) for kept in drop_nodes(torch.zeros(2, 1, dtype=torch.int64), p=0.5)] == [1, 1]
    with pytest.warns(NoEffectWarning, match="no nodes"):
        edges, nodes = DropNode(0.5)(nothing)
    assert edges.shape == (2, 0)
    assert nodes.shape == (0,)


def test_mistakes_are_told_with_the_value() -> None:
    edges = karate()
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got 2"):
        DropNode(2)
    with pytest.raises(ValueError, match="below num_nodes = 33, got 33"):
        DropNode(0.5)(edges, num_nodes=33)
    with pytest.raises(ValueError, match="num_nodes must be >= 0, got -1"):
        drop_nodes(edges, -1, p=0.5)
    with pytest.raises(ValueError, match="one entry for each of 40 nodes, got 34"):
        DropNode(0.5)(edges, num_nodes=40, batch=torch.arange(34) // 17, index=torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="one row for each of 156 edges"):
        DropNode(0.5)(edges, torch.rand(3))
    with pytest.raises(ValueError, match=r"shape \(2, E\), got \(156, 2\)"):
        DropNode(0.5)(edges.T)
