"""Moves: what is the identity, and that an image and all that belongs to it move alike."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_sample_images
from torch import Tensor

from wellfit.regularize.draws import drawn
from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.vision.augment.method import Augment
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip, horizontal_flip
from wellfit.regularize.vision.rotation.method import Rotation, rotate
from wellfit.regularize.vision.scale_and_crop.method import ScaleAndCrop, draw_windows, scale_and_crop

GEOMETRIC = (
    HorizontalFlip(1.0),
    Rotation(40),
    ScaleAndCrop(scale=(0.3, 1)),
    Augment(flip=0.5, rotate=30, crop=(0.4, 1)),
    Augment((40, 72), flip=0.5, rotate=30, crop=(0.4, 1)),
)
names = [type(one).__name__ for one in GEOMETRIC]
moving = pytest.mark.parametrize("method", GEOMETRIC, ids=names)


def digits(count: int = 6) -> Tensor:
    return torch.from_numpy(load_digits().images[:count]).float()[:, None] / 16


def photos() -> Tensor:
    return torch.from_numpy(np.stack([one[:96, :128] for one in load_sample_images().images])).permute(0, 3, 1, 2)


@pytest.mark.parametrize("images", [digits(), photos()], ids=["digits", "photos"])
def test_flip_twice_is_the_identity(images: Tensor) -> None:
    flip = torch.tensor([True, False] * (len(images) // 2))
    once = horizontal_flip(images, flip)
    assert not torch.equal(once, images)
    assert torch.equal(horizontal_flip(once, flip), images)


@pytest.mark.parametrize("images", [digits(), photos()], ids=["digits", "photos"])
def test_no_rotation_is_the_identity(images: Tensor) -> None:
    assert torch.equal(rotate(images, torch.zeros(len(images))), images)


def test_a_quarter_turn_is_exact_and_counterclockwise() -> None:
    images = digits()
    turned = rotate(images, torch.full((6,), 90.0))
    assert torch.allclose(turned, images.rot90(1, (2, 3)), atol=1e-5)


def test_the_whole_image_at_its_size_is_the_identity() -> None:
    images = digits()
    method = ScaleAndCrop(scale=(1, 1), ratio=(3 / 4, 4 / 3))
    assert torch.allclose(method(images), images, atol=1e-5)
    whole = torch.tensor([[0.0, 0.0, 8.0, 8.0]]).expand(6, 4)
    assert torch.equal(scale_and_crop(images, whole), images)


def test_scaling_agrees_with_torch() -> None:
    images = digits()
    whole = torch.tensor([[0.0, 0.0, 8.0, 8.0]]).expand(6, 4)
    larger = torch.nn.functional.interpolate(images, size=(20, 12), mode="bilinear", align_corners=False)
    assert torch.allclose(scale_and_crop(images, whole, (20, 12)), larger, atol=1e-5)
    halved = torch.nn.functional.avg_pool2d(images, 2)
    assert torch.allclose(scale_and_crop(images, whole, 4), halved, atol=1e-5)


@pytest.mark.parametrize("size", [11, 16, 40])
def test_nothing_is_filled_in_at_the_edges_of_upright_windows(size: int) -> None:
    plain = torch.full((4, 1, 16, 16), 0.5)
    method = Augment(size, flip=0.5, crop=(0.3, 1), fill=1.0)
    for mode in (True, False):
        assert torch.allclose(method.train(mode)(plain), torch.full((4, 1, size, size), 0.5), atol=1e-5)


def test_shrinking_averages_fine_patterns() -> None:
    stripes = (torch.arange(128) % 2).float().expand(1, 1, 128, 128)
    shrunk = Augment(16, flip=0.5)(stripes)
    assert (shrunk - 0.5).abs().max() < 0.02


def test_means_of_odd_sizes_stay_where_they_are() -> None:
    ramp = torch.linspace(0, 1, 101).expand(1, 1, 101, 101)
    shrunk = Augment(25, flip=0.0, rotate=1e-6, check_range=True)(ramp)
    places = (torch.arange(25) + 0.5) * 101 / 25 - 0.5
    assert torch.allclose(shrunk[0, 0, 12, 1:-1], places[1:-1] / 100, atol=0.01)


@moving
def test_a_marked_pixel_is_found_where_keypoint_box_and_mask_say(method: torch.nn.Module) -> None:
    generator = torch.Generator().manual_seed(1)
    images, points = torch.zeros(40, 1, 64, 64), torch.empty(40, 1, 2)
    for image, point in zip(images, points, strict=True):
        x, y = torch.randint(20, 44, (2,), generator=generator).tolist()
        image[0, y - 1 : y + 2, x - 1 : x + 2] = 1
        point[0] = torch.tensor([x, y])
    masks = (images[:, 0] * 7).to(torch.int16)
    boxes = torch.cat([points - 1, points + 2], 2)
    result, targets = method(images, masks=masks, boxes=boxes, keypoints=points, index=torch.arange(40))
    ys, xs = (torch.arange(n).float() for n in result.shape[2:])
    mass = result[:, 0].sum((1, 2))
    seen = targets.boxes_valid[:, 0] & ((targets.boxes - targets.boxes.round()).abs() >= 0).all(2)[:, 0]
    inner = (
        seen
        & (targets.boxes[:, 0, :2] > 1).all(1)
        & (targets.boxes[:, 0, 2:] < torch.tensor(result.shape[:1:-1]) - 1).all(1)
    )
    assert inner.sum() > 15
    centre = torch.stack([(result[:, 0] * xs).sum((1, 2)) / mass, (result[:, 0] * ys[:, None]).sum((1, 2)) / mass], 1)
    assert (centre - targets.keypoints[:, 0])[inner].abs().max() < 0.15
    assert targets.keypoints_valid[inner].all()
    middle = (targets.boxes[:, 0, :2] + targets.boxes[:, 0, 2:]) / 2 - 0.5
    assert (middle - targets.keypoints[:, 0])[inner].abs().max() < 0.15
    for n in inner.nonzero().flatten().tolist():
        marked = targets.masks[n].nonzero().float()
        assert targets.masks[n].unique().tolist() == [0, 7]
        assert (marked.mean(0).flip(0) - targets.keypoints[n, 0]).abs().max() < 0.6
        x0, y0, x1, y1 = targets.boxes[n, 0].tolist()
        found = result[n, 0].gt(0.6).nonzero()
        assert found[:, 1].min() >= x0 - 1
        assert found[:, 1].max() <= x1
        assert found[:, 0].min() >= y0 - 1
        assert found[:, 0].max() <= y1


def test_boxes_are_cut_and_told_when_nothing_is_left() -> None:
    images = torch.rand(1, 3, 32, 32)
    boxes = torch.tensor([[[-10.0, 4, 8, 12], [40, 4, 50, 12], [3, 3, 9, 9]]])
    _, targets = HorizontalFlip(1.0)(images, boxes=boxes)
    assert targets.boxes[0].tolist() == [[24, 4, 32, 12], [0, 4, 0, 12], [23, 3, 29, 9]]
    assert targets.boxes_valid[0].tolist() == [True, False, True]


def test_boxes_and_keypoints_of_differing_counts_come_as_lists() -> None:
    images = torch.rand(3, 3, 32, 32)
    boxes = [torch.rand(k, 4) * 8 + torch.tensor([0, 0, 16.0, 16]) for k in (2, 0, 1)]
    points = [torch.rand(k, 2) * 20 for k in (0, 3, 1)]
    method = Augment(flip=0.5, rotate=20)
    _, targets = method(images, boxes=boxes, keypoints=points, index=torch.arange(3))
    assert [len(one) for one in targets.boxes] == [2, 0, 1]
    assert [len(one) for one in targets.keypoints_valid] == [0, 3, 1]
    _, alone = method(images[2:], boxes=boxes[2:], keypoints=points[2:], index=torch.tensor([2]))
    assert torch.equal(alone.boxes[0], targets.boxes[2])


@pytest.mark.parametrize("method", [HorizontalFlip(1.0, flip_order=(0, 2, 1)), Augment(flip=1.0, flip_order=(0, 2, 1))])
def test_left_and_right_keypoints_change_places(method: torch.nn.Module) -> None:
    nose_left_right = torch.tensor([[[8.0, 5.0], [4.0, 3.0], [12.0, 3.0]]])
    _, targets = method(torch.rand(1, 3, 16, 16), keypoints=nose_left_right)
    assert torch.allclose(targets.keypoints, torch.tensor([[[7.0, 5.0], [3.0, 3.0], [11.0, 3.0]]]))
    with pytest.raises(ValueError, match="flip_order must hold each of 0 to 1 once"):
        method(torch.rand(1, 3, 16, 16), keypoints=nose_left_right[:, :2])


def test_large_labels_of_masks_stay_exact() -> None:
    masks = torch.full((1, 16, 16), 2**40 + 1)
    _, targets = Rotation(30, mask_fill=255)(torch.rand(1, 3, 16, 16), masks=masks, index=torch.tensor([3]))
    assert set(targets.masks.unique().tolist()) == {255, 2**40 + 1}


@pytest.mark.parametrize("padding", ["fill", "border", "reflect"])
def test_what_lies_outside(padding: str) -> None:
    images = torch.full((1, 1, 32, 32), 0.25)
    turned = rotate(images, torch.tensor([45.0]), padding=padding, fill=0.75)
    assert torch.allclose(turned[0, 0, 0, 0], torch.tensor(0.75 if padding == "fill" else 0.25), atol=1e-5)
    assert torch.allclose(turned[0, 0, 16, 16], torch.tensor(0.25), atol=1e-5)


def test_the_rate_of_flips() -> None:
    images = torch.zeros(4000, 1, 1, 2)
    images[..., 0] = 1
    for strength in (1.0, 0.5):
        flipped = HorizontalFlip(0.5, strength=strength)(images, index=torch.arange(4000))[:, 0, 0, 1].mean()
        spread = math.sqrt(0.25 / 4000)
        assert abs(float(flipped) - 0.5 * strength) < 4 * spread


def test_samples_are_independent() -> None:
    """Neighbours in the data set, and epochs of one sample, flip together as often as chance has it."""
    method = HorizontalFlip(0.5, generator=None)
    images = torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2).expand(4000, 1, 1, 2)
    first = method(images, index=torch.arange(4000))[:, 0, 0, 0]
    method.set_epoch(1)
    second = method(images, index=torch.arange(4000))[:, 0, 0, 0]
    for one, other in ((first[1:], first[:-1]), (first, second)):
        assert abs(float((one == other).float().mean()) - 0.5) < 4 * math.sqrt(0.25 / 4000)


def test_angles_are_even() -> None:
    angles = Rotation(20).draws(4000, torch.device("cpu"), torch.arange(4000)).between(0, -20.0, 20.0)
    shares = torch.histc(angles, 8, -20, 20) / 4000
    assert (shares - 1 / 8).abs().max() < 4 * math.sqrt(1 / 8 * 7 / 8 / 4000)


@pytest.mark.parametrize("size", [(50, 50), (40, 60), (30, 120)])
def test_windows_are_of_the_areas_and_shapes_asked_for(size: tuple[int, int]) -> None:
    numbers = drawn(4000, generator=torch.Generator().manual_seed(1)).uniform(0, 4)
    boxes = draw_windows(numbers, size, (0.2, 0.4), (3 / 4, 4 / 3))
    width, height = (boxes[:, 2:] - boxes[:, :2]).unbind(1)
    assert boxes[:, :2].min() >= -1e-9
    assert boxes[:, 2].max() <= size[1] + 1e-9
    assert boxes[:, 3].max() <= size[0] + 1e-9
    assert (width / height).min() >= 3 / 4 - 1e-9
    assert (width / height).max() <= 4 / 3 + 1e-9
    share = width * height / (size[0] * size[1])
    if size[1] < 4 / 3 / 0.4 * size[0]:  # any area fits
        assert (torch.histc(share, 4, 0.2, 0.4) / 4000 - 0.25).abs().max() < 4 * math.sqrt(0.25 * 0.75 / 4000)
    assert share.max() <= 0.4 + 1e-9


@moving
def test_integer_images_of_another_kind_and_other_shapes_are_told(method: torch.nn.Module) -> None:
    with pytest.raises(TypeError, match=r"uint8 or floating point, got torch.int64"):
        method(torch.ones(2, 3, 8, 8, dtype=torch.long))
    with pytest.raises(ValueError, match=r"shape \(N, C, H, W\), got \(3, 8, 8\)"):
        method(torch.rand(3, 8, 8))
    with pytest.raises(ValueError, match=r"masks must have the shape \(2, \[C,\] 8, 8\), got \(2, 4, 4\)"):
        method(torch.rand(2, 3, 8, 8), masks=torch.ones(2, 4, 4))
    with pytest.raises(ValueError, match="boxes must have the shape"):
        method(torch.rand(2, 3, 8, 8), boxes=torch.rand(2, 5))
    with pytest.raises(ValueError, match="keypoints must be floating point"):
        method(torch.rand(2, 3, 8, 8), keypoints=torch.ones(2, 1, 2, dtype=torch.long))


@moving
def test_layouts_in_memory_do_not_matter(method: torch.nn.Module) -> None:
    images, index = torch.rand(4, 3, 24, 24), torch.arange(4)
    plain = method(images, index=index)
    assert torch.equal(method(images.to(memory_format=torch.channels_last), index=index), plain)
    spread = torch.empty(8, 3, 24, 48)[::2, :, :, ::2].copy_(images)
    assert torch.equal(method(spread, index=index), plain)


@moving
def test_targets_come_back_as_they_were_in_evaluation_mode(method: torch.nn.Module) -> None:
    if getattr(method, "settings", None) and method.settings.size:
        return
    boxes = torch.tensor([[[-2.0, 1, 5, 5], [9, 9, 12, 12]]])
    method.eval()
    _, targets = method(torch.rand(1, 3, 8, 8), boxes=boxes)
    method.train()
    assert targets.boxes_valid.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: HorizontalFlip(1.5), r"p must lie in \[0, 1\], got 1.5"),
        (lambda: HorizontalFlip(float("nan")), r"p must lie in \[0, 1\], got nan"),
        (lambda: Rotation(-3), r"degrees must lie in \[0, 180\], got -3"),
        (lambda: Rotation(3, padding="zeros"), "padding must be fill, border or reflect, got 'zeros'"),
        (lambda: ScaleAndCrop(scale=(0.5, 1.5)), r"scale must be \(least, largest\) in \(0, 1\], got \(0.5, 1.5\)"),
        (lambda: ScaleAndCrop(ratio=(2, 1)), r"ratio must be \(least, largest\)"),
        (lambda: ScaleAndCrop(0), "size must be an int or"),
        (lambda: Augment(flip=1.5), r"flip must lie in \[0, 1\], got 1.5"),
        (lambda: Augment(flip=0.5, fill=3), r"fill must lie in \[0, 1\], got 3"),
        (lambda: rotate(torch.rand(2, 3, 8, 8), torch.zeros(3)), r"degrees must have the shape \(2,\), got \(3,\)"),
        (lambda: scale_and_crop(torch.rand(1, 3, 8, 8), torch.zeros(1, 4)), "right > left"),
        (lambda: horizontal_flip(torch.rand(1, 3, 8, 8), torch.zeros(1)), "flip must be bool"),
    ],
)
def test_mistakes_are_told_with_their_value(make: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("make", [lambda: HorizontalFlip(0), lambda: Rotation(0), Augment])
def test_nothing_to_do_is_told(make: object) -> None:
    with pytest.warns(NoEffectWarning, match="has no effect"):
        make()
