import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.regularize.draws import keyed
from wellfit.regularize.labels.mixup_cutmix.beta import symmetric_beta
from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.method import NoEffectWarning


def digits(samples: int = 64) -> tuple[Tensor, Tensor]:
    data = load_digits()
    return torch.tensor(data.images[:samples]).float()[:, None] / 16, torch.tensor(data.target[:samples])


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.8, 1.0, 4.0])
def test_shares_are_those_of_a_beta(alpha) -> None:
    share = symmetric_beta(keyed(torch.arange(40_000)), 0, alpha).double()
    variance = 1 / (4 * (2 * alpha + 1))
    assert share.mean().item() == pytest.approx(0.5, abs=5 * (variance / 40_000) ** 0.5)
    assert share.var().item() == pytest.approx(variance, rel=0.03)
    exact = torch.distributions.Beta(alpha, alpha).sample((40_000,)).sort().values
    assert (share.sort().values - exact).abs().max() < 0.03
    assert share.isfinite().all()


@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize(("mixup", "cutmix"), [(1.0, 0.0), (0.0, 1.0), (0.5, 0.5)])
def test_inputs_and_labels_are_mixed_in_the_same_share(per, mixup, cutmix) -> None:
    x = torch.eye(16)[:, :, None, None].expand(16, 16, 8, 8).contiguous()  # each sample shines in a channel of its own
    mix = MixCut(mixup, cutmix, per=per, classes=16, generator=torch.Generator().manual_seed(1))
    mixed, targets = mix(x, torch.arange(16))
    assert mixed.mean((2, 3)).allclose(targets, atol=1e-5)
    assert (targets > 0).sum(1).max() == 2
    shares = targets.diagonal()
    assert (shares.std() < 1e-5) == (per == "batch") or cutmix > 0


def test_a_box_is_the_partners_and_the_rest_is_not() -> None:
    x, y = digits()
    x = torch.stack([torch.full((1, 8, 8), float(i)) for i in range(len(x))])
    mixed, _ = MixCut(0, 1.0, classes=10, generator=torch.Generator().manual_seed(0))(x, y)
    kept = mixed == x
    assert 0.2 < kept.float().mean() < 0.8
    assert all(len(sample.unique()) <= 2 for sample in mixed)


def test_strength_is_the_chance_to_be_mixed() -> None:
    x, y = torch.rand(8000, 3), torch.zeros(8000, dtype=torch.long)
    mix = MixCut(1.0, 0, classes=1, strength=0.3, generator=torch.Generator().manual_seed(0))
    changed = (mix(x, y)[0] != x).any(1).float().mean().item()
    assert changed == pytest.approx(0.3, abs=5 * (0.21 / 8000) ** 0.5)


def test_with_an_index_a_sample_keeps_its_share_in_any_order() -> None:
    x, y = torch.rand(32, 3), torch.arange(32)
    index = torch.arange(32) + 100
    order = torch.randperm(32)
    one = MixCut(1.0, 0, classes=32, seed=5)(x, y, index=index)[1].amax(1)
    other = MixCut(1.0, 0, classes=32, seed=5)(x[order], y[order], index=index[order])[1].amax(1)
    assert torch.equal(one[order], other)


def test_signals_volumes_and_half_precision_are_cut_too() -> None:
    y = torch.arange(4)
    for shape in ((4, 2, 9), (4, 2, 5, 6, 7)):
        x = torch.rand(shape).bfloat16()
        mixed, targets = MixCut(0.5, 1.0, classes=4)(x, y)
        assert mixed.dtype == torch.bfloat16
        assert mixed.shape == shape
        assert targets.sum(1).allclose(torch.ones(4))


def test_evaluation_and_an_empty_batch_come_as_they_went() -> None:
    x, y = digits(4)
    mix = MixCut(classes=10)
    assert mix.eval()(x, y) == (x, y)
    empty, targets = mix.train()(x[:0], y[:0])
    assert len(empty) == 0
    assert targets.shape == (0, 10)


def test_what_cannot_be_mixed_is_warned_of() -> None:
    x, y = digits(1)
    with pytest.warns(NoEffectWarning, match="a batch of one sample has no pairs"):
        assert torch.equal(MixCut(classes=10)(x, y)[0], x)
    with pytest.warns(NoEffectWarning, match="mixup and cutmix are both 0"):
        MixCut(0, 0, classes=10)(*digits(4))


def test_a_model_learns_digits_from_mixed_ones() -> None:
    x, y = digits(600)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    mix = MixCut(0.2, 1.0, classes=10, strength=0.5)
    optimizer = torch.optim.Adam(model.parameters(), 0.03)
    for _ in range(80):
        inputs, targets = mix(x, y)
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    assert (model(x).argmax(1) == y).float().mean() > 0.9


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: MixCut(mixup=-1), "mixup must be >= 0 and finite, got -1"),
        (lambda: MixCut(per="epoch"), "per must be sample or batch, got 'epoch'"),
        (lambda: MixCut()(*digits(4)), "classes must be given .*, got None"),
        (lambda: MixCut(classes=3)(*digits(8)), r"targets must lie in \[0, 3\), got 3"),
        (lambda: MixCut(classes=3)(torch.ones(2, 3, 4, 4).byte(), torch.arange(2)), "x must be of floats.*uint8"),
        (lambda: MixCut(classes=3)(torch.ones(2, 3), torch.arange(2)), r"got \(2, 3\): set cutmix=0"),
        (lambda: MixCut(0.2, 0, classes=3)(torch.ones(2, 3), torch.arange(3)), r"targets must be of shape \(2,\), got"),
    ],
)
def test_bad_values_are_told(call, text) -> None:
    with pytest.raises(ValueError, match=text):
        call()
