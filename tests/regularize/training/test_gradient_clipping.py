import copy
import math

import pytest
import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.training.gradient_clipping.method import ClipGradients


def with_gradient(*values: float, dtype: torch.dtype = torch.float32) -> nn.Parameter:
    p = nn.Parameter(torch.zeros(len(values), dtype=dtype))
    p.grad = torch.tensor(values, dtype=dtype)
    return p


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 100.0])
def test_gradients_are_those_that_torch_gives(max_norm) -> None:
    data = load_wine()
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Linear(13, 8), nn.Tanh(), nn.Linear(8, 3))
    F.cross_entropy(ours(torch.tensor(data.data).float()), torch.tensor(data.target)).backward()
    theirs = copy.deepcopy(ours)
    for mine, its in zip(ours.parameters(), theirs.parameters(), strict=True):
        its.grad = mine.grad.clone()
    norm = ClipGradients(max_norm)(ours)
    assert norm == pytest.approx(nn.utils.clip_grad_norm_(theirs.parameters(), max_norm).item())
    for mine, its in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.grad.allclose(its.grad, rtol=1e-5)


def test_squares_of_half_precision_do_not_overflow() -> None:
    p = with_gradient(300.0, 400.0, dtype=torch.float16)
    assert ClipGradients(1.0)(p) == pytest.approx(500)
    assert p.grad.tolist() == pytest.approx([0.6, 0.8], rel=1e-3)


@pytest.mark.filterwarnings("ignore:Using backward")
def test_gradients_of_gradients_may_be_clipped() -> None:
    p = nn.Parameter(torch.tensor([3.0, 4.0]))
    (p**2).sum().backward(create_graph=True)
    assert ClipGradients(1.0)(p) == 10
    assert p.grad.tolist() == pytest.approx([0.6, 0.8])
    p.grad = None  # the graph holds itself otherwise


def test_sparse_gradients_are_clipped_by_the_norm_of_their_sums() -> None:
    table = nn.Embedding(4, 1, sparse=True)
    table(torch.tensor([1, 1, 1])).sum().backward()
    assert ClipGradients(1.0)(table) == 3
    assert table.weight.grad.to_dense().flatten().tolist() == [0, 1, 0, 0]


def test_the_report_counts_and_suggests_the_ninetieth_percentile() -> None:
    clip = ClipGradients(95.0)
    for norm in range(1, 101):
        clip(with_gradient(float(norm)))
    report = clip.report()
    assert (report.steps, report.clipped, report.share) == (100, 5, 0.05)
    assert report.suggestion == pytest.approx(90.1)
    assert "a threshold that clips the rare steps only: 90" in str(report)


def test_more_than_half_clipped_is_a_rate_that_is_too_high() -> None:
    clip = ClipGradients(1.0)
    for norm in [0.5] * 10 + [5.0] * 20:
        clip(with_gradient(norm))
    assert "clipped 20 of 30 steps (67%)" in str(clip.report())
    assert "lower the learning rate" in str(clip.report())


def test_few_norms_and_infinity_give_no_advice() -> None:
    clip = ClipGradients(math.inf)
    p = with_gradient(7.0)
    clip(p)
    assert p.grad == 7
    assert clip.report().suggestion is None
    assert str(ClipGradients().report()) == "clipped 0 of 0 steps (0%) at a norm of 1"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_norms_that_are_no_number_are_raised_zeroed_or_kept(bad) -> None:
    with pytest.raises(RuntimeError, match=f"gradients must be finite to be clipped, got a norm of {bad}"):
        ClipGradients()(with_gradient(bad, 1.0))
    p, clip = with_gradient(bad, 1.0), ClipGradients(nonfinite="zero")
    clip(p)
    assert p.grad.tolist() == [0, 0]
    p = with_gradient(bad, 9.0)
    ClipGradients(nonfinite="keep")(p)
    assert p.grad[1] == 9
    assert clip.report().nonfinite == 1
    assert "1 steps had a norm that is no finite number" in str(clip.report())


def scaled() -> tuple[nn.Module, torch.optim.Optimizer, torch.amp.GradScaler]:
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    scaler.scale(model(torch.ones(1, 2)).sum()).backward()
    return model, optimizer, scaler


def test_scaled_gradients_are_refused_and_unscaled_ones_clipped() -> None:
    model, optimizer, scaler = scaled()
    clip = ClipGradients(1.0)
    with pytest.raises(RuntimeError, match=r"got stage READY: call scaler\.unscale_ before"):
        clip(model, scaler=scaler, optimizer=optimizer)
    scaler.unscale_(optimizer)
    assert clip(model, scaler=scaler, optimizer=optimizer) == pytest.approx(3**0.5)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="got stage STEPPED"):
        clip(model, scaler=scaler, optimizer=optimizer)


def test_with_a_scaler_infinite_gradients_are_left_for_it_to_skip() -> None:
    model, optimizer, scaler = scaled()
    model.weight.grad.fill_(math.inf)
    before = model.weight.clone()
    scaler.unscale_(optimizer)
    assert ClipGradients()(model, scaler=scaler, optimizer=optimizer) == math.inf
    scaler.step(optimizer)
    assert torch.equal(model.weight, before)


def test_a_scaler_that_is_off_asks_for_nothing_and_one_that_is_on_for_its_optimizer() -> None:
    assert ClipGradients()(with_gradient(0.5), scaler=torch.amp.GradScaler("cpu", enabled=False)) == 0.5
    with pytest.raises(ValueError, match="optimizer must be given with a scaler, got None"):
        ClipGradients()(with_gradient(0.5), scaler=torch.amp.GradScaler("cpu"))


def test_no_gradient_is_warned_of() -> None:
    clip = ClipGradients()
    with pytest.warns(NoEffectWarning, match="no gradient is there, call backward first"):
        assert clip(nn.Linear(2, 2)) == 0
    assert clip.report().steps == 0


def test_the_state_goes_on() -> None:
    clip = ClipGradients(1.0)
    clip(with_gradient(2.0))
    other = ClipGradients(1.0)
    other.load_state_dict(clip.state_dict())
    assert other.report() == clip.report()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_norm": 0.0}, "max_norm must be > 0, got 0.0"),
        ({"max_norm": math.nan}, "max_norm must be > 0, got nan"),
        ({"nonfinite": "skip"}, "nonfinite must be raise, zero or keep, got 'skip'"),
    ],
)
def test_bad_values_are_told(options, text) -> None:
    with pytest.raises(ValueError, match=text):
        ClipGradients(**options)
