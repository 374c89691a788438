"""The pipeline in one pass: what it agrees with, what is left of it in evaluation mode, and what joins it."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_images
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.vision.augment.audit import structured
from wellfit.regularize.vision.augment.method import Augment
from wellfit.regularize.vision.augment.op import Op
from wellfit.regularize.vision.augment.plan import make_plan
from wellfit.regularize.vision.warp import warp

FULL = {"flip": 0.5, "rotate": 15, "crop": (0.3, 1), "color": (0.4, 0.4, 0.4, 0.1, 0.2), "noise": 0.05}
STATS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def photos(count: int = 5, side: int = 48) -> Tensor:
    """Windows of real photographs, uint8."""
    images = load_sample_images().images
    windows = [images[n % 2][20 * n : 20 * n + side, 40 * n : 40 * n + side] for n in range(count)]
    return torch.from_numpy(np.stack(windows)).permute(0, 3, 1, 2)


def everything(images: Tensor, **options: object) -> Tensor:
    return Augment(**FULL | options)(images, index=torch.arange(len(images)))


def test_uint8_and_floats_give_the_same() -> None:
    assert everything(photos()).dtype == torch.float32
    assert torch.allclose(everything(photos()), everything(photos() / 255), atol=1e-5)


def test_one_pass_is_what_its_parts_do_in_turn() -> None:
    """A plan's matrix by the general warp, then its colours by hand."""
    images = photos() / 255
    method = Augment(**FULL | {"noise": 0})
    index = torch.arange(5)
    plan = make_plan(method.settings, method.draws(5, images.device, index), images, 1.0)
    moved = warp(images, plan.matrices, plan.size)
    means = moved.mean((2, 3))[:, :, None]
    offsets = (plan.recolouring.lift.float() @ means)[:, :, 0]
    by_hand = torch.einsum("nij,njhw->nihw", plan.recolouring.matrix.float(), moved) + offsets[:, :, None, None]
    assert torch.allclose(method(images, index=index), by_hand.clamp(0, 1), atol=1e-5)


def test_normalising_inside_is_normalising_after() -> None:
    mean, std = (torch.tensor(one)[:, None, None] for one in STATS)
    plain = everything(photos())
    assert torch.allclose(everything(photos(), normalize=STATS), (plain - mean) / std, atol=1e-4)


def test_noise_is_added_last_and_keeps_the_mean_of_black() -> None:
    black = torch.zeros(64, 3, 32, 32)
    added = Augment(noise=0.05)(black)
    assert abs(float(added.mean())) < 5 * 0.05 / added.numel() ** 0.5
    assert abs(float(added.std()) - 0.05) < 1e-3


@pytest.mark.parametrize("kind", ["fresh", "bank"])
@pytest.mark.parametrize("side", [24, 300])
def test_draws_by_index_hang_on_nothing_else(kind: str, side: int) -> None:
    """Any order and any cut; pieces of many images and of one; images that shrink and that do not."""
    images = photos(7, side)
    method = Augment(96, **FULL, noise_kind=kind)
    index = torch.tensor([3, 900, 5, 12, 0, 77, 41])
    whole = method(images, index=index)
    for rows in torch.tensor([6, 2, 0, 5, 1, 3, 4]).split(3):
        assert torch.equal(method(images[rows], index=index[rows]), whole[rows])


def test_the_last_bit_of_large_images_hangs_on_no_cut_either() -> None:
    """Their noise is added in one pass with both stretches, which small ones do not take."""
    images = photos(6, 150)
    index = torch.arange(6)
    whole = everything(images)
    method = Augment(**FULL)
    for rows in index.split(1):
        assert torch.equal(method(images[rows], index=index[rows]), whole[rows])


@pytest.mark.parametrize("moves", [{}, {"rotate": 0, "flip": 0, "crop": None}], ids=["moved", "still"])
@pytest.mark.parametrize("images", [photos(5, 150), photos(5, 48) / 255], ids=["uint8", "floats"])
def test_images_of_either_layout_give_the_same(images: Tensor, moves: dict[str, object]) -> None:
    first, last = images.contiguous(), images.contiguous(memory_format=torch.channels_last)
    result = everything(last, **moves)
    assert result.is_contiguous()
    assert torch.allclose(everything(first, **moves), result, atol=1e-6)


class Photos(Dataset):
    def __len__(self) -> int:
        return 6

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        return photos(6)[place], place


def augmented(batch: list[tuple[Tensor, int]]) -> Tensor:
    images, index = (torch.stack([torch.as_tensor(one) for one in part]) for part in zip(*batch, strict=True))
    return Augment(**FULL, seed=3)(images, index=index)


def test_any_number_of_workers_gives_the_same_images() -> None:
    alone = torch.cat(list(DataLoader(Photos(), batch_size=4, collate_fn=augmented)))
    shared = torch.cat(list(DataLoader(Photos(), batch_size=2, collate_fn=augmented, num_workers=2)))
    assert torch.equal(alone, shared)


def test_strength_is_one_knob() -> None:
    images = photos(5, 64) / 255
    changes = [float((everything(images, strength=s, flip=0) - images).abs().mean()) for s in (0.0, 0.1, 0.3, 1.0)]
    assert changes[0] == 0
    assert changes == sorted(changes)


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_evaluation_mode_leaves_shares_of_white_size_and_normalising(strength: float) -> None:
    method = Augment((20, 30), **FULL, normalize=STATS, strength=strength).eval()
    mean, std = (torch.tensor(one)[:, None, None] for one in STATS)
    scaled = torch.nn.functional.interpolate(photos() / 255, size=(20, 30), mode="area")
    result = method(photos())
    assert result.shape == (5, 3, 20, 30)
    assert ((result * std + mean) - scaled).abs().mean() < 0.02
    assert torch.equal(result, method(photos()))


def test_evaluation_mode_draws_no_numbers() -> None:
    before = torch.get_rng_state()
    Augment(**FULL).eval()(photos())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_float_dtypes_are_kept(dtype: torch.dtype) -> None:
    images = (photos() / 255).to(dtype)
    result = everything(images)
    assert result.dtype == dtype
    assert torch.allclose(result.float(), everything(images.float()), atol=0.05)


def test_gradients_reach_the_images() -> None:
    images = torch.rand(2, 3, 6, 6, dtype=torch.float64) * 0.5 + 0.25
    method = Augment(5, flip=0.5, rotate=15, crop=(0.5, 1), color=0.1, noise=0.05, normalize=STATS, check_range=False)
    images.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: method(x, index=torch.arange(2)), (images,), fast_mode=True)
    assert torch.allclose(method(images, index=torch.arange(2)), method(images.detach(), index=torch.arange(2)))


def test_it_stands_in_a_compiled_model() -> None:
    model = torch.compile(nn.Sequential(Augment(**FULL), nn.Conv2d(3, 2, 3)), backend="eager")
    assert model(photos(2)).shape == (2, 2, 46, 46)


@pytest.mark.parametrize(
    ("images", "text"),
    [
        ((photos() / 255 - 0.485) / 0.229, "augment before Normalize, or hand its mean and std over as normalize="),
        (photos().float(), "divide by 255"),
        (torch.full((1, 3, 8, 8), float("nan")), "there are NaN pixels"),
        (torch.rand(1, 5, 8, 8), "1 or 3 channels, got 5"),
    ],
)
def test_what_has_no_colours_is_refused(images: Tensor, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        everything(images)


def test_normalised_images_may_move_where_the_range_is_not_looked_at() -> None:
    images = torch.randn(2, 3, 16, 16)
    assert everything(images, color=0, check_range=False).isfinite().all()


def test_grey_images_take_brightness_and_contrast() -> None:
    grey = photos()[:, :1]
    assert everything(grey).shape == grey.shape
    assert not torch.equal(everything(grey, noise=0, flip=0, rotate=0, crop=None), grey / 255)
    with pytest.warns(NoEffectWarning, match="grey images"):
        Augment(color=(0, 0, 0.4, 0.1))(grey)


def test_a_batch_without_samples_keeps_its_shapes() -> None:
    images, targets = Augment(24, **FULL)(
        torch.rand(0, 3, 16, 16), masks=torch.ones(0, 16, 16), boxes=torch.rand(0, 2, 4)
    )
    assert images.shape == (0, 3, 24, 24)
    assert targets.masks.shape == (0, 24, 24)
    assert targets.boxes.shape == (0, 2, 4)


@pytest.mark.parametrize("boxes", [[], torch.rand(0, 2, 4)], ids=["list", "tensor"])
def test_a_batch_without_samples_takes_targets_of_either_kind(boxes: object) -> None:
    for mode in (True, False):
        _, targets = Augment(flip=0.5).train(mode)(torch.rand(0, 3, 4, 4), boxes=boxes)
        assert len(targets.boxes) == len(targets.boxes_valid) == 0


def test_normalize_must_fit_the_channels() -> None:
    with pytest.raises(ValueError, match="normalize must hold 1 or 1 numbers for 1 channels, got 3"):
        everything(photos()[:, :1], normalize=STATS)
    with pytest.raises(ValueError, match="each std > 0"):
        Augment(flip=0.5, normalize=((0.5,), (0.0,)))


class Shear(Op):
    name = "shear"
    labels = "safe"

    def moves(self, draws, size, strength):
        matrices = torch.eye(2, 3, dtype=torch.float64).repeat(draws.samples, 1, 1)
        matrices[:, 0, 1] = draws.between(0, -0.3 * strength, 0.3 * strength)
        return matrices


class Invert(Op):
    name = "invert"
    labels = "safe"

    def recolours(self, draws, channels, strength):
        sign = 1 - 2 * draws.coins(0, 0.5 * strength).double()
        matrix = torch.cat([torch.eye(channels), torch.zeros(channels, 1)], 1).double().repeat(draws.samples, 1, 1)
        matrix[:, :, :-1] *= sign[:, None, None]
        matrix[:, :, -1] = (sign < 0)[:, None]
        return matrix


class Blank(Op):
    name = "blank"
    labels = "not where the middle tells"

    def touches(self, images, draws, strength):
        hidden = draws.coins(0, strength)[:, None, None, None].expand_as(images).clone()
        hidden[:, :, :4] = False
        return images.masked_fill(hidden, 0.5)


class Unseeded(Op):
    name = "unseeded"

    def touches(self, images, draws, strength):
        return images + 0.1 * torch.rand(len(images), 1, 1, 1)


def test_an_operation_of_ones_own_joins_the_look_up_the_colours_and_the_knob() -> None:
    method = Augment(extra=[Shear(), Invert(), Blank()])
    images = torch.zeros(8, 3, 32, 32)
    images[:, :, 2, 16] = 1
    points = torch.tensor([[[16.0, 2.0]]]).expand(8, 1, 2)
    result, targets = method(images, keypoints=points, index=torch.arange(8))
    at = targets.keypoints[:, 0, 0]
    assert len(at.unique()) == 8
    assert (targets.keypoints[:, 0, 1] == 2).all()
    inverted = result[:, 0, 0, 0] == 1
    assert 0 < inverted.sum() < 8
    shown = torch.where(inverted[:, None, None], 1 - result[:, 0], result[:, 0])[:, 2]
    assert torch.allclose((shown * torch.arange(32)).sum(1) / shown.sum(1), at, atol=0.02)
    assert (result[:, :, 4:] == 0.5).all()
    method.strength = 0.0
    assert torch.equal(method(images), images)


def test_the_audit_tries_operations_of_ones_own() -> None:
    with torch.random.fork_rng():
        lines = {line.name: line for line in Augment(flip=0.5, extra=[Shear(), Invert(), Blank(), Unseeded()]).audit()}
    assert [line.moves for line in lines.values()] == [True, True, False, False, False]
    assert all(lines[name].seeded and lines[name].still_at_zero for name in ("flip", "shear", "invert", "blank"))
    assert not any(lines[name].warning for name in ("flip", "shear", "invert", "blank"))
    bad = lines["unseeded"]
    assert not bad.seeded
    assert not bad.still_at_zero
    assert "draws alone" in bad.warning
    assert "strength 0" in bad.warning
    assert "which labels" in bad.warning


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (3, ""),
        (torch.tensor([1, 2]), ""),
        (torch.rand(8, 10), ""),
        ({"boxes": [1], "labels": [2]}, "'boxes'"),
        (torch.rand(8, 4), "a target of shape (8, 4), which may be boxes"),
        (torch.zeros(8, 48, 48), "a target of shape (8, 48, 48)"),
        ((torch.tensor(1), {"masks": 1}), "'masks'"),
    ],
)
def test_the_audit_tells_of_targets_that_must_move_too(target: object, kind: str) -> None:
    assert structured(target) == kind
    lines = {line.name: line.warning for line in Augment(flip=0.5, noise=0.1).audit(target)}
    assert kind in lines["flip"]
    assert bool(lines["flip"]) == bool(kind)
    assert not lines["noise"]


def test_operations_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different names"):
        Augment(extra=[Shear(), Shear()])


def test_color_takes_one_number_or_some() -> None:
    assert Augment(color=0.4).settings.color == Augment(color=(0.4, 0.4, 0.4, 0.1)).settings.color
    with pytest.raises(ValueError, match="color must be a number or"):
        Augment(color=(0.1,) * 6)
    with pytest.raises(ValueError, match=r"hue must lie in \[0, 0.5\]"):
        Augment(color=(0.4, 0.4, 0.4, 0.8))
