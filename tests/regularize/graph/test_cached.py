"""Layers that keep their first graph are named and refused."""

import pytest
import torch
from regularize.graph.graphs import karate
from torch import Tensor, nn

from wellfit.regularize.graph.cached import refuse_cached
from wellfit.regularize.graph.drop_edge.method import DropEdge
from wellfit.regularize.graph.drop_node.method import DropNode


class Convolution(nn.Module):
    """As GCNConv: mean over neighbours, whose edges it may keep for good."""

    _cached_edge_index: tuple[Tensor, Tensor] | None

    def __init__(self, *, cached: bool) -> None:
        super().__init__()
        self.cached = cached
        self._cached_edge_index = None

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        kept = self._cached_edge_index or (edges, torch.ones(edges.shape[1]))
        if self.cached:
            self._cached_edge_index = kept
        (source, target), weights = kept
        return torch.zeros_like(x).index_add(0, target, x[source] * weights[:, None])


def test_why_they_are_refused() -> None:
    layer, x = Convolution(cached=True), torch.rand(34, 2)
    whole = layer(x, karate())
    assert torch.equal(layer(x, DropEdge(0.5)(karate())), whole), "half of the edges gone, and not one bit changed"


@pytest.mark.parametrize("drop", [DropEdge, DropNode])
def test_a_model_with_such_a_layer_is_refused(drop: type[DropEdge | DropNode]) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ModuleDict({"conv": Convolution(cached=True)}))
    with pytest.raises(ValueError, match=r"1\.conv \(Convolution\); build them with cached=False"):
        drop(0.5, model=model)


def test_a_kept_graph_counts_also_without_the_option() -> None:
    layer = Convolution(cached=True)
    layer(torch.rand(34, 2), karate())
    layer.cached = False
    with pytest.raises(ValueError, match=r"the model \(Convolution\)"):
        refuse_cached(layer)


def test_others_are_let_through_and_not_kept() -> None:
    model = nn.Sequential(Convolution(cached=False), nn.Linear(2, 2))
    model[0](torch.rand(34, 2), karate())
    drop = DropEdge(0.5, model=model)
    assert not list(drop.modules())[1:]
