"""Colours and noise: what is the identity, what is kept, what is refused."""

import math

import pytest
import torch
from torch import Tensor

from wellfit.regularize.draws import keyed
from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.vision.color_distortion.matrix import LUMA
from wellfit.regularize.vision.color_distortion.method import ColorDistortion, distort_color
from wellfit.regularize.vision.gaussian_noise.bank import STARTS, bank, noise_for
from wellfit.regularize.vision.gaussian_noise.method import GaussianNoise, add_gaussian_noise

ONE = torch.ones(1)
SAME = {"brightness": ONE, "contrast": ONE, "saturation": ONE, "hue": 0 * ONE}


def patch(*colour: float) -> Tensor:
    return torch.tensor(colour).reshape(1, -1, 1, 1).expand(1, -1, 2, 2)


def grey(images: Tensor) -> Tensor:
    return (images * torch.tensor(LUMA)[:, None, None]).sum(1)


def test_factors_of_one_are_the_identity() -> None:
    images = torch.rand(1, 3, 16, 16)
    assert torch.allclose(distort_color(images, **SAME), images, atol=1e-6)
    whole = torch.randint(256, (1, 3, 16, 16), dtype=torch.uint8)
    assert torch.equal(distort_color(whole, **SAME), whole)


def test_brightness_is_a_factor() -> None:
    assert torch.allclose(distort_color(patch(0.2, 0.4, 0.1), **SAME | {"brightness": 2 * ONE}), patch(0.4, 0.8, 0.2))


def test_contrast_keeps_the_mean_grey() -> None:
    images = torch.rand(1, 3, 16, 16) * 0.5 + 0.25
    result = distort_color(images, **SAME | {"contrast": 0.3 * ONE})
    assert torch.allclose(grey(result).mean(), grey(images).mean(), atol=1e-5)
    assert torch.allclose(result.std((2, 3)), 0.3 * images.std((2, 3)), atol=1e-5)


def test_saturation_and_hue_keep_each_pixels_grey() -> None:
    images = torch.rand(1, 3, 16, 16) * 0.2 + 0.4
    for change in ({"saturation": 0.5 * ONE}, {"saturation": 0 * ONE}, {"hue": 0.1 * ONE}):
        assert torch.allclose(grey(distort_color(images, **SAME | change)), grey(images), atol=1e-5)
    assert distort_color(images, **SAME | {"saturation": 0 * ONE}).std(1).max() < 1e-5


def test_a_third_of_a_turn_takes_red_to_green_and_green_to_blue() -> None:
    for colour, largest in (((0.5, 0.4, 0.4), 1), ((0.4, 0.5, 0.4), 2), ((0.4, 0.4, 0.5), 0)):
        assert int(distort_color(patch(*colour), **SAME | {"hue": ONE / 3})[0, :, 0, 0].argmax()) == largest


def test_each_image_is_changed_by_its_own_amounts() -> None:
    images = torch.rand(1, 3, 8, 8).expand(50, 3, 8, 8)
    changed = ColorDistortion()(images)
    assert len(changed.flatten(1).mean(1).unique()) == 50


def test_factors_are_even() -> None:
    images = torch.full((4000, 1, 1, 1), 0.5)
    factors = ColorDistortion(0.4, 0, 0, 0)(images, index=torch.arange(4000)).flatten() / 0.5
    assert (torch.histc(factors, 8, 0.6, 1.4) / 4000 - 1 / 8).abs().max() < 4 * math.sqrt(1 / 8 * 7 / 8 / 4000)


def test_grey_comes_as_often_as_asked() -> None:
    images = torch.tensor([0.9, 0.1, 0.1]).reshape(1, 3, 1, 1).expand(2000, 3, 1, 1)
    changed = ColorDistortion(0, 0, 0, 0, 0.3)(images, index=torch.arange(2000))
    share = float((changed.std(1).flatten() < 1e-5).float().mean())
    assert abs(share - 0.3) < 4 * math.sqrt(0.3 * 0.7 / 2000)


def test_grey_images_change_in_brightness_and_contrast_alone() -> None:
    images = torch.rand(4, 1, 8, 8)
    assert not torch.equal(ColorDistortion()(images), images)
    with pytest.warns(NoEffectWarning, match="grey images have no saturation"):
        ColorDistortion(0, 0, 0.4, 0.1)(images)


@pytest.mark.parametrize(
    ("images", "text"),
    [
        (
            (torch.rand(2, 3, 8, 8) - 0.485) / 0.229,
            r"lie in \[0, 1\], got values from -2.* to 2.*augment before Normalize",
        ),
        (torch.rand(2, 3, 8, 8) * 255, "divide by 255"),
        (torch.full((2, 3, 8, 8), float("nan")), "there are NaN pixels"),
        (torch.rand(2, 4, 8, 8), "1 or 3 channels, got 4"),
        (torch.rand(2, 8, 8, 3), r"channels last: say images.permute\(0, 3, 1, 2\)"),
    ],
)
def test_what_has_no_colours_is_refused(images: Tensor, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ColorDistortion()(images)


@pytest.mark.parametrize("kind", ["fresh", "bank"])
def test_noise_keeps_mean_and_has_its_std(kind: str) -> None:
    images = torch.full((16, 3, 32, 32), 0.02)
    noise = (GaussianNoise(0.1, kind=kind)(images, index=torch.arange(16)) - images).double()
    count = noise.numel()
    assert abs(float(noise.mean())) < 4 * 0.1 / math.sqrt(count)
    assert abs(float(noise.std()) - 0.1) < 4 * 0.1 / math.sqrt(2 * count)
    fourth = float((noise**4).mean() / noise.var() ** 2)
    assert abs(fourth - 3) < 4 * math.sqrt(96 / count)


@pytest.mark.parametrize("kind", ["fresh", "bank"])
def test_noise_of_two_images_does_not_go_together(kind: str) -> None:
    noise = GaussianNoise(1.0, kind=kind)(torch.zeros(24, 1, 32, 32), index=torch.arange(24)).flatten(1)
    shared = noise.corrcoef()[~torch.eye(24, dtype=torch.bool)]
    assert shared.abs().max() < 6 / math.sqrt(1024)
    assert noise[:, 1:].mul(noise[:, :-1]).mean().abs() < 5 / math.sqrt(24 * 1023)


def test_relative_noise_follows_each_channel() -> None:
    images = torch.randn(1, 3, 64, 64) * torch.tensor([1.0, 5.0, 0.0])[:, None, None]
    added = (GaussianNoise(0.2, relative=True)(images) - images).std((2, 3))[0]
    assert torch.allclose(added, torch.tensor([0.2, 1.0, 0.0]), rtol=0.05)


def test_noise_of_uint8_is_rounded_and_held_in_its_range() -> None:
    images = torch.full((2, 1, 32, 32), 250, dtype=torch.uint8)
    noisy = GaussianNoise(0.05)(images)
    assert noisy.dtype == torch.uint8
    assert noisy.max() == 255
    assert 8 < float(noisy[noisy < 255].float().std()) < 20


def test_no_noise_is_the_identity_and_told() -> None:
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(add_gaussian_noise(images, torch.randn(2, 3, 8, 8), 0.0), images)
    with pytest.warns(NoEffectWarning, match="std is 0"):
        assert torch.equal(GaussianNoise(0.0)(images), images)


@pytest.mark.parametrize("side", [20, 150])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_noise_of_the_bank_is_the_sum_of_two_stretches(side: int, dtype: torch.dtype) -> None:
    values, places = 3 * side**2, torch.tensor([[0.7, 0.1], [0.0, 0.999]])
    added = torch.full((2, 3, side, side), 0.25, dtype=dtype)
    noise_for("bank", keyed(torch.arange(2)), values, places).add(added, 0, 0.5)
    rows = bank(1 << (values - 1).bit_length(), torch.device("cpu")).to(dtype)
    for image, begins in zip(added.flatten(1), (places * STARTS).long().tolist(), strict=True):
        first, second = (row[begin : begin + values] for row, begin in zip(rows, begins, strict=True))
        assert torch.allclose(image, 0.25 + 0.5 * 0.5**0.5 * (first + second), atol=1e-6)


def test_the_bank_is_standard_normal_and_always_the_same() -> None:
    rows = bank(1 << 10, torch.device("cpu"))
    assert torch.allclose(rows.mean(1), torch.zeros(2), atol=1e-6)
    assert torch.allclose(rows.std(1), torch.ones(2), atol=1e-5)
    longer = bank(1 << 11, torch.device("cpu"))
    assert (rows[0, :100] - longer[0, :100]).abs().max() < 0.1  # standardised by another mean


@pytest.mark.parametrize("std", [-0.1, float("inf"), float("nan")])
def test_an_std_that_is_none_is_told(std: float) -> None:
    with pytest.raises(ValueError, match="std must be finite and >= 0, got"):
        GaussianNoise(std)
    with pytest.raises(ValueError, match="kind must be fresh or bank, got 'white'"):
        GaussianNoise(kind="white")


def test_nan_pixels_stay_where_they_are_under_noise() -> None:
    images = torch.zeros(1, 1, 4, 4)
    images[0, 0, 1, 2] = float("nan")
    assert GaussianNoise(0.1)(images).isnan().nonzero().tolist() == [[0, 0, 1, 2]]
