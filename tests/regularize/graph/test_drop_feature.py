"""Columns of features zeroed: for all nodes alike, at their rate, and with gradients."""

import math

import pytest
import torch
from regularize.graph.graphs import DglLike, data, karate

from wellfit.regularize.draws import keyed
from wellfit.regularize.graph.drop_feature.method import DropFeature, drop_features
from wellfit.regularize.method import NoEffectWarning

EPOCHS = 250


def test_one_mask_holds_for_all_nodes() -> None:
    x = torch.rand(34, 200) + 1
    dropped = drop_features(x, p=0.3)
    zero = dropped == 0
    assert torch.equal(zero, zero[:1].expand_as(zero))
    assert 30 < zero[0].sum() < 90
    assert torch.allclose(dropped[~zero], x[~zero] / 0.7)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_columns_fall_at_their_rate_and_independently(p: float) -> None:
    x, one = torch.ones(1, 64), torch.tensor([0])
    zero = torch.stack([drop_features(x, p=p, draws=keyed(one, epoch=e))[0] == 0 for e in range(EPOCHS)]).float()
    spread = math.sqrt(p * (1 - p))
    assert abs(zero.mean() - p) < 4.5 * spread / math.sqrt(zero.numel())
    assert (zero.mean(0) - p).abs().max() < 4.5 * spread / math.sqrt(EPOCHS)
    products = (zero - p).T @ (zero - p) / (p * (1 - p) * math.sqrt(EPOCHS))
    others = products[~torch.eye(64, dtype=torch.bool)]
    assert abs(others.square().mean() - 1) < 0.12


def test_the_mean_over_draws_is_what_evaluation_sees() -> None:
    x, one = torch.rand(5, 8) + 1, torch.tensor([0])
    mean = torch.stack([drop_features(x, p=0.3, draws=keyed(one, epoch=e)) for e in range(2000)]).mean(0)
    assert torch.allclose(mean, x, rtol=0.1)
    plain = drop_features(x, p=0.3, rescale=False)
    assert set((plain / x).unique().tolist()) <= {0.0, 1.0}


def test_gradients_flow_through_the_columns_that_stay() -> None:
    x = torch.rand(6, 50, dtype=torch.float64, requires_grad=True)
    dropped = drop_features(x, p=0.5)
    dropped.sum().backward()
    assert torch.equal(x.grad, (dropped != 0).double() * 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_type_is_kept(dtype: torch.dtype) -> None:
    assert drop_features(torch.ones(2, 9, dtype=dtype), p=0.5).dtype == dtype


def test_graphs_of_a_batch_may_have_masks_of_their_own() -> None:
    batch, x = torch.tensor([0, 0, 0, 1, 1]), torch.ones(5, 60)
    drop = DropFeature(0.5, per_graph=True)
    for dropped in (drop(x, batch=batch), drop(x, batch=batch, index=torch.tensor([7, 8]))):
        assert torch.equal(dropped[0], dropped[2])
        assert torch.equal(dropped[3], dropped[4])
        assert not torch.equal(dropped[0], dropped[3])
    assert torch.equal(drop(x[:2], batch=batch[3:] - 1, index=torch.tensor([8])), dropped[3:])
    shared = DropFeature(0.5)(x, batch=batch, index=torch.tensor([7]))
    assert torch.equal(shared, shared[:1].expand_as(shared))


def test_graph_objects_come_back_as_copies() -> None:
    graph = data(karate())
    dropped = DropFeature(1.0)(graph)
    assert not dropped.x.any()
    assert graph.x.all()
    assert dropped.edge_index is graph.edge_index
    other = DglLike(karate(), [34], [156])
    other.ndata["feat"] = torch.ones(34, 4)
    assert not DropFeature(1.0)(other).ndata["feat"].any()
    assert other.ndata["feat"].all()
    assert not DropFeature(1.0, feature="w")(data(karate(), w=torch.ones(34, 2))).w.any()


def test_off_in_evaluation_and_at_strength_zero() -> None:
    x, graph = torch.rand(3, 4), data(karate())
    for drop in (DropFeature(0.5).eval(), DropFeature(0.5, strength=0.0)):
        assert drop(x) is x
        assert drop(graph) is graph


def test_the_ends_of_the_range() -> None:
    x = torch.rand(3, 4)
    assert torch.equal(drop_features(x, p=0.0), x)
    assert torch.equal(drop_features(x, p=1.0), torch.zeros(3, 4))


def test_nothing_to_drop_is_told() -> None:
    for shape in ((0, 4), (3, 0)):
        with pytest.warns(NoEffectWarning, match=rf"\({shape[0]}, {shape[1]}\)"):
            assert DropFeature(0.5)(torch.ones(shape)).shape == shape


def test_mistakes_are_told_with_the_value() -> None:
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got -1"):
        DropFeature(-1)
    with pytest.raises(ValueError, match=r"x must be of shape \(N, F\), got \(4,\)"):
        DropFeature(0.5)(torch.ones(4))
    with pytest.raises(TypeError, match=r"floating point, got torch\.int64"):
        DropFeature(0.5)(torch.ones(4, 2, dtype=torch.int64))
    with pytest.raises(TypeError, match="called 'w', got None"):
        DropFeature(0.5, feature="w")(data(karate()))
    with pytest.raises(ValueError, match=r"index must be of shape \(1,\)"):
        DropFeature(0.5)(torch.ones(4, 2), batch=torch.tensor([0, 0, 1, 1]), index=torch.tensor([0, 1]))
