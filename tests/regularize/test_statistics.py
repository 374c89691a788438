"""What is drawn for each sample: at its rate, with its spread, and apart from all other draws.

Each method is called with many equal samples, and one number is read off each result. Bounds are five standard
deviations of what independent draws of the promised distribution give.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.method import Method
from wellfit.regularize.text.word_dropout.method import WordDropout
from wellfit.regularize.vision.augment.method import Augment
from wellfit.regularize.vision.color_distortion.method import ColorDistortion
from wellfit.regularize.vision.gaussian_noise.method import GaussianNoise
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip
from wellfit.regularize.vision.rotation.method import Rotation
from wellfit.regularize.vision.scale_and_crop.method import ScaleAndCrop
from wellfit.regularize.weights.averaging.method import EMA, SWA
from wellfit.regularize.weights.dropout.method import set_dropout
from wellfit.regularize.weights.stochastic_depth.method import StochasticDepth

SAMPLES = 4000
SIGMAS = 5

Read = Callable[..., Tensor]


@dataclass(frozen=True)
class Drawn:
    """A method, how to read its draw off each sample, and mean, variance and kurtosis of what is promised."""

    make: Callable[..., Method]
    read: Callable[[Method, Tensor | None], Tensor]
    mean: float
    variance: float
    kurtosis: float


def coin(p: float) -> tuple[float, float, float]:
    return p, p * (1 - p), (1 - 3 * p * (1 - p)) / (p * (1 - p))


def even(low: float, high: float) -> tuple[float, float, float]:
    return (low + high) / 2, (high - low) ** 2 / 12, 9 / 5


def mirrored(method: Method, index: Tensor | None) -> Tensor:
    images = torch.tensor([1.0, 0.0]).expand(SAMPLES, 1, 1, 2)
    return method(images, index=index)[:, 0, 0, 1]


def moved_points(method: Method, index: Tensor | None) -> Tensor:
    """Where three keypoints go: the middle, one beside it and one below; shape (N, 3, 2)."""
    points = torch.tensor([[[15.5, 15.5], [16.5, 15.5], [15.5, 16.5]]], dtype=torch.float64).expand(SAMPLES, 3, 2)
    return method(torch.zeros(SAMPLES, 1, 32, 32), keypoints=points, index=index)[1].keypoints


def angle(method: Method, index: Tensor | None) -> Tensor:
    points = moved_points(method, index)
    x, y = (points[:, 1] - points[:, 0]).unbind(1)
    return torch.rad2deg(torch.atan2(-y, x))


def handed(method: Method, index: Tensor | None) -> Tensor:
    """1 where the image was mirrored."""
    points = moved_points(method, index)
    (ax, ay), (bx, by) = ((points[:, k] - points[:, 0]).unbind(1) for k in (1, 2))
    return (ax * by - ay * bx < 0).double()


def area(method: Method, index: Tensor | None) -> Tensor:
    """The window's, as a share of the image's: what is magnified so much shows so little."""
    points = moved_points(method, index)
    return 1 / ((points[:, 1] - points[:, 0])[:, 0] * (points[:, 2] - points[:, 0])[:, 1])


def brightness(method: Method, index: Tensor | None) -> Tensor:
    return method(torch.full((SAMPLES, 1, 1, 1), 0.5), index=index).flatten() / 0.5


def contrast(method: Method, index: Tensor | None) -> Tensor:
    images = torch.tensor([0.4, 0.6]).expand(SAMPLES, 1, 1, 2)
    return method(images, index=index)[:, 0, 0].diff().flatten() / 0.2


def saturation(method: Method, index: Tensor | None) -> Tensor:
    images = torch.tensor([0.45, 0.55, 0.5]).reshape(1, 3, 1, 1).expand(SAMPLES, 3, 1, 1)
    out = method(images, index=index)[:, :, 0, 0]
    return (out[:, 1] - out[:, 0]) / 0.1


def added(method: Method, index: Tensor | None) -> Tensor:
    return method(torch.zeros(SAMPLES, 1, 1, 1), index=index).flatten()


def branch(method: Method, index: Tensor | None) -> Tensor:
    return method(torch.ones(SAMPLES, 2), index=index)[:, 0]


def kept_share(method: Method, index: Tensor | None) -> Tensor:
    return method(torch.zeros(SAMPLES, 1), torch.arange(SAMPLES), index=index)[1].diagonal()


def fallen(method: Method, index: Tensor | None) -> Tensor:
    """Of the third word, in texts of five."""
    ids = torch.arange(10, 15).expand(SAMPLES, 5)
    return (method(ids, torch.arange(5).expand(SAMPLES, 5), index=index)[:, 2] == 1).double()


def shortened(method: Method, index: Tensor | None) -> Tensor:
    """By how many of 40 words, of which all hardly ever fall."""
    ids = torch.arange(10, 50).expand(SAMPLES, 40)
    return (method(ids, torch.arange(40).expand(SAMPLES, 40), index=index) == 0).sum(1).double()


def words(by: str) -> Callable[..., Method]:
    return lambda **options: WordDropout(0.2, by=by, mask_id=1, **options)


BETA = 1 / (4 * (2 * 0.5 + 1)), 6 * (0.25 * 2 - 0.25 * 2.5) / (0.25 * 3.5 * 2) + 3
DRAWN = {
    "horizontal_flip": Drawn(lambda **o: HorizontalFlip(0.3, **o), mirrored, *coin(0.3)),
    "rotation": Drawn(lambda **o: Rotation(20, **o), angle, *even(-20, 20)),
    "scale_and_crop": Drawn(lambda **o: ScaleAndCrop(scale=(0.2, 0.5), ratio=(0.9, 1.1), **o), area, *even(0.2, 0.5)),
    "brightness": Drawn(lambda **o: ColorDistortion(0.4, 0, 0, 0, **o), brightness, *even(0.6, 1.4)),
    "contrast": Drawn(lambda **o: ColorDistortion(0, 0.4, 0, 0, **o), contrast, *even(0.6, 1.4)),
    "saturation": Drawn(lambda **o: ColorDistortion(0, 0, 0.4, 0, **o), saturation, *even(0.6, 1.4)),
    "noise": Drawn(lambda **o: GaussianNoise(0.5, kind="fresh", **o), added, 0, 0.25, 3),
    "augment, flip": Drawn(lambda **o: Augment(flip=0.3, rotate=15, **o), handed, *coin(0.3)),
    "augment, angle": Drawn(lambda **o: Augment(rotate=20, **o), angle, *even(-20, 20)),
    "augment, brightness": Drawn(lambda **o: Augment(color=(0.4, 0, 0, 0), **o), brightness, *even(0.6, 1.4)),
    "augment, noise": Drawn(lambda **o: Augment(noise=0.5, noise_kind="fresh", **o), added, 0, 0.25, 3),
    "stochastic_depth": Drawn(lambda **o: StochasticDepth(0.2, **o), branch, 1, 0.2 / 0.8, coin(0.2)[2]),
    "mixup": Drawn(lambda **o: MixCut(0.5, 0, classes=SAMPLES, **o), kept_share, 0.5, *BETA),
    "words": Drawn(words("word"), fallen, *coin(0.2)),
    "tokens": Drawn(words("token"), fallen, *coin(0.2)),
    "types": Drawn(words("type"), fallen, *coin(0.2)),
    "deleted words": Drawn(lambda **o: WordDropout(0.2, mode="delete", pad_id=0, **o), shortened, 8, 6.4, 3),
}
every = pytest.mark.parametrize("name", DRAWN)


def numbers(name: str, *, seed: int = 0, epoch: int = 0, first: int = 0) -> Tensor:
    drawn = DRAWN[name]
    method = drawn.make(seed=seed)
    method.set_epoch(epoch)
    return drawn.read(method, torch.arange(first, first + SAMPLES)).double()


def assert_as_promised(drawn: Drawn, values: Tensor) -> None:
    of_variance = drawn.variance * math.sqrt((drawn.kurtosis - 1) / SAMPLES)
    assert abs(float(values.mean()) - drawn.mean) < SIGMAS * math.sqrt(drawn.variance / SAMPLES)
    assert abs(float((values - drawn.mean).square().mean()) - drawn.variance) < SIGMAS * of_variance


def together(one: Tensor, other: Tensor) -> float:
    """Their correlation, in standard deviations of that of independent ones."""
    return abs(float(torch.corrcoef(torch.stack([one, other]))[0, 1])) * math.sqrt(len(one))


@every
@pytest.mark.parametrize("seed", [0, 1])
def test_draws_of_places_have_their_mean_and_variance(name: str, seed: int) -> None:
    assert_as_promised(DRAWN[name], numbers(name, seed=seed))


@every
def test_draws_of_a_generator_have_their_mean_and_variance(name: str) -> None:
    drawn = DRAWN[name]
    method = drawn.make(generator=torch.Generator().manual_seed(2))
    values = drawn.read(method, None).double()
    assert_as_promised(drawn, values)
    assert together(values[1:], values[:-1]) < SIGMAS
    assert together(values, drawn.read(method, None).double()) < SIGMAS


@every
def test_samples_epochs_and_seeds_do_not_go_together(name: str) -> None:
    values = numbers(name)
    for lag in (1, 2, 64):
        assert together(values[lag:], values[:-lag]) < SIGMAS
    assert together(values, numbers(name, epoch=1)) < SIGMAS
    assert together(values, numbers(name, seed=1)) < SIGMAS


def test_methods_of_one_seed_do_not_go_together() -> None:
    alone = {name: numbers(name) for name in DRAWN if not name.startswith("augment")}
    names = [name for name in alone if name not in {"tokens", "deleted words"}]  # the words' own coins once more
    for place, name in enumerate(names):
        for other in names[:place]:
            if {name, other} - {"brightness", "contrast", "saturation"}:
                assert together(alone[name], alone[other]) < SIGMAS, (name, other)


def test_parts_of_one_pass_do_not_go_together() -> None:
    method = Augment(flip=0.5, rotate=20, color=0.4)
    index = torch.arange(SAMPLES)
    parts = [handed(method, index).double(), brightness(Augment(color=(0.4, 0, 0, 0)), index).double()]
    turned = angle(method, index).abs().double()
    parts.append(torch.minimum(turned, 180 - turned))
    for place, one in enumerate(parts):
        assert all(together(one, other) < SIGMAS for other in parts[:place])


@pytest.mark.parametrize("seed", [0, 1])
def test_amounts_of_one_colour_change_do_not_go_together(seed: int) -> None:
    images = torch.tensor([[0.4, 0.6]]).expand(SAMPLES, 1, 1, 2)
    out = ColorDistortion(0.2, 0.2, 0, 0, seed=seed)(images, index=torch.arange(SAMPLES))[:, 0, 0].double()
    bright = out.mean(1) / 0.5
    assert together(bright, out.diff().flatten() / 0.2 / bright) < SIGMAS


@pytest.mark.parametrize("by", ["word", "token", "type"])
def test_places_of_a_text_do_not_go_together(by: str) -> None:
    width = 60
    ids = torch.arange(10, 10 + width).expand(SAMPLES, width)
    drop = WordDropout(0.2, by=by, mask_id=1)
    fall = (drop(ids, torch.arange(width).expand(SAMPLES, width), index=torch.arange(SAMPLES)) == 1).double()
    products = fall.T.corrcoef()[~torch.eye(width, dtype=torch.bool)] * math.sqrt(SAMPLES)
    assert products.abs().max() < SIGMAS + 0.5  # of 1770 pairs
    assert abs(float(products.square().mean()) - 1) < SIGMAS * math.sqrt(2 / (width * (width - 1) / 2))
    assert abs(float(fall.mean()) - 0.2) < SIGMAS * math.sqrt(0.16 / fall.numel())
    sums = fall.sum(1)
    spread = 0.16 * width
    assert abs(float(sums.var()) - spread) < SIGMAS * spread * math.sqrt(2 / SAMPLES)


def test_a_partner_is_never_oneself_and_each_is_one_once() -> None:
    targets = MixCut(1.0, 0, classes=64, generator=torch.Generator().manual_seed(0))(
        torch.zeros(64, 1), torch.arange(64)
    )[1]
    others = targets - targets.diagonal().diag()
    assert (others > 0).sum(1).tolist() == (others > 0).sum(0).tolist() == [1] * 64
    assert float(targets.sum()) == pytest.approx(64)


def test_an_average_of_noise_has_the_variance_of_its_decay() -> None:
    torch.manual_seed(0)
    model, width = nn.Linear(100, 100, bias=False), 10_000
    ema, swa = EMA(model, 0.9, warmup=False), SWA(model)
    for _ in range(100):
        nn.init.normal_(model.weight)
        ema.update_parameters(model)
        swa.update_parameters(model)
    for average, variance in ((ema, 0.1 / 1.9), (swa, 1 / 100)):
        values = average.module.weight.detach()
        assert abs(float(values.mean())) < SIGMAS * math.sqrt(variance / width)
        assert abs(float(values.var()) / variance - 1) < SIGMAS * math.sqrt(2 / width)


def test_dropout_keeps_the_mean_and_has_its_variance() -> None:
    torch.manual_seed(0)
    model, width, p = nn.Sequential(nn.Dropout(0.9)), 100_000, 0.3
    set_dropout(model, p)
    x = torch.ones(width, requires_grad=True)
    out = model(x)
    out.sum().backward()
    variance = p / (1 - p)
    out = out.detach()
    assert torch.equal(x.grad, out)
    assert abs(float(out.mean()) - 1) < SIGMAS * math.sqrt(variance / width)
    assert abs(float(out.var()) / variance - 1) < SIGMAS * math.sqrt((coin(p)[2] - 1) / width)
