"""What is no input is told with its value; what is a small or odd one has the result that is written here."""

import math
from collections.abc import Callable

import pytest
import torch
from regularize.specimens import SPECIMENS
from torch import Tensor, nn

import wellfit
from wellfit.regularize.catalogue import METHODS
from wellfit.regularize.method import Method, NoEffectWarning
from wellfit.regularize.vision.images import check_range

VISION = {
    "horizontal_flip": lambda: wellfit.vision.HorizontalFlip(1.0),
    "rotation": lambda: wellfit.vision.Rotation(15),
    "scale_and_crop": wellfit.vision.ScaleAndCrop,
    "color_distortion": wellfit.vision.ColorDistortion,
    "gaussian_noise": lambda: wellfit.vision.GaussianNoise(0.1),
    "augment": lambda: wellfit.vision.Augment(flip=0.5, rotate=15, crop=(0.3, 1), color=0.4, noise=0.05),
}
vision = pytest.mark.parametrize("name", VISION)
batched = pytest.mark.parametrize("method", [m for m in METHODS if SPECIMENS[m].batched], ids=lambda m: m.card.name)

CHANCES = {
    "horizontal_flip": wellfit.vision.HorizontalFlip,
    "augment, flip": lambda p: wellfit.vision.Augment(flip=p),
    "color_distortion, grey": lambda p: wellfit.vision.ColorDistortion(grey=p),
    "word_dropout": lambda p: wellfit.text.WordDropout(p, mask_id=1),
    "drop_edge": wellfit.graph.DropEdge,
    "drop_node": wellfit.graph.DropNode,
    "drop_feature": wellfit.graph.DropFeature,
    "stochastic_depth": wellfit.StochasticDepth,
    "label_smoothing": wellfit.LabelSmoothing,
    "set_dropout": lambda p: wellfit.set_dropout(nn.Dropout(), p),
}


@pytest.mark.parametrize("name", CHANCES)
@pytest.mark.parametrize("p", [-0.01, 1.01, math.inf, math.nan])
def test_a_chance_outside_its_range_is_told(name: str, p: float) -> None:
    with pytest.raises(ValueError, match=rf"must lie in \[0, 1\], got {p}"):
        CHANCES[name](p)


@pytest.mark.parametrize("name", CHANCES)
@pytest.mark.parametrize("p", ["0.5", None])
def test_a_chance_that_is_no_number_is_told(name: str, p: object) -> None:
    with pytest.raises(TypeError, match=rf"must be a number in \[0, 1\], got {p!r}"):
        CHANCES[name](p)


@batched
@pytest.mark.parametrize(
    ("index", "error", "said"),
    [
        ([0, 1], TypeError, "index must be a tensor of shape .*, got list"),
        (torch.arange(6.0), ValueError, "index must be int64 .*, got torch.float32"),
        (torch.arange(6)[:, None], ValueError, r"index must be of shape \(6,\), one for each sample, got \(6, 1\)"),
    ],
)
def test_an_index_of_another_kind_is_told(
    method: type[Method], index: object, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        SPECIMENS[method].make()(*SPECIMENS[method].inputs(), index=index)


@vision
@pytest.mark.parametrize("dtype", [torch.bool, torch.int8, torch.int16, torch.int32, torch.int64, torch.complex64])
def test_images_of_other_numbers_are_told(name: str, dtype: torch.dtype) -> None:
    with pytest.raises(TypeError, match=f"images must be uint8 or floating point, got {dtype}"):
        VISION[name]()(torch.ones(2, 3, 8, 8, dtype=dtype))


@vision
def test_what_is_no_batch_of_images_is_told(name: str) -> None:
    with pytest.raises(TypeError, match=r"images must be a tensor of shape \(N, C, H, W\), got list"):
        VISION[name]()([torch.rand(3, 8, 8)])
    for shape in ((3, 8, 8), (2, 3, 0, 8), (2, 0, 8, 8)):
        with pytest.raises(ValueError, match=r"shape \(N, C, H, W\), got "):
            VISION[name]()(torch.rand(shape))


@vision
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_images_of_one_pixel_and_batches_of_none_stay_so(name: str, dtype: torch.dtype) -> None:
    for shape in ((2, 3, 1, 1), (0, 3, 8, 8)):
        assert VISION[name]()(torch.ones(shape).to(dtype)).shape == shape


@vision
def test_layouts_in_memory_do_not_matter(name: str) -> None:
    images, index = torch.rand(4, 3, 10, 12), torch.arange(4)
    plain = VISION[name]()(images, index=index)
    for same in (
        images.to(memory_format=torch.channels_last),
        images.transpose(2, 3).contiguous().transpose(2, 3),
        torch.empty(8, 3, 10, 24)[::2, :, :, ::2].copy_(images),
        images[:1].expand(4, 3, 10, 12),
    ):
        expected = plain if torch.equal(same, images) else VISION[name]()(same.contiguous(), index=index)
        assert torch.allclose(VISION[name]()(same, index=index), expected, atol=1e-6)


def with_nan() -> Tensor:
    images = torch.full((2, 3, 8, 8), 0.5)
    images[0, 0, 4, 4] = math.nan
    return images


@pytest.mark.parametrize("name", ["horizontal_flip", "rotation", "scale_and_crop", "gaussian_noise"])
def test_nan_pixels_stay_in_their_image_and_channel(name: str) -> None:
    method = VISION[name]() if name != "scale_and_crop" else wellfit.vision.ScaleAndCrop(scale=(1, 1))
    found = method(with_nan()).isnan()
    assert found[0, 0].any()
    assert not found[0, 1:].any()
    assert not found[1].any()


@pytest.mark.parametrize("name", ["color_distortion", "augment"])
def test_colours_of_nan_and_infinite_pixels_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there are NaN pixels"):
        VISION[name]()(with_nan())
    with pytest.raises(ValueError, match=r"got values from 0\.5 to inf"):
        VISION[name]()(with_nan().nan_to_num(math.inf))


def test_a_range_is_looked_at_without_its_gradient() -> None:
    check_range(torch.rand(2, 3, requires_grad=True))


@pytest.mark.parametrize("name", ["horizontal_flip", "rotation", "scale_and_crop", "augment"])
def test_boxes_outside_the_image_are_told_to_be_gone(name: str) -> None:
    images = torch.rand(2, 3, 8, 8)
    far = torch.tensor([[[-50.0, -50, -40, -40]], [[70, 70, 90, 90]]])
    for boxes in (far, list(far)):
        _, targets = VISION[name]()(images, boxes=boxes)
        assert not any(bool(valid.any()) for valid in targets.boxes_valid)
        assert all(0 <= float(value) <= 8 for box in targets.boxes for value in box.flatten())
    _, targets = VISION[name]()(images, boxes=torch.full((2, 1, 4), math.nan))
    assert not targets.boxes_valid.any()


@pytest.mark.parametrize("name", ["horizontal_flip", "rotation", "scale_and_crop", "augment"])
def test_boxes_that_are_inside_out_are_told(name: str) -> None:
    centre_and_size = torch.tensor([[[5.0, 5, 2, 2]], [[1, 1, 1, 1]]])
    for boxes in (centre_and_size, list(centre_and_size)):
        with pytest.raises(ValueError, match=r"boxes must be \(left, top, right, bottom\), got \[5\.0, 5\.0, 2\.0"):
            VISION[name]()(torch.rand(2, 3, 8, 8), boxes=boxes)


IDS, WORDS = torch.tensor([[2, 7, 8, 9, 3]]), torch.tensor([[-1, 0, 0, 1, -1]])


@pytest.mark.parametrize("by", ["word", "token", "type"])
@pytest.mark.parametrize("least", [-2, -100, torch.iinfo(torch.int64).min])
def test_any_negative_number_marks_what_never_falls(by: str, least: int) -> None:
    drop = wellfit.text.WordDropout(1.0, by=by, mask_id=1)
    assert drop(IDS, WORDS.masked_fill(WORDS < 0, least)).tolist() == [[2, 1, 1, 1, 3]]
    with pytest.warns(NoEffectWarning, match="no token of the batch belongs to a word"):
        assert torch.equal(drop(IDS, torch.full_like(WORDS, least)), IDS)


@pytest.mark.parametrize("by", ["word", "token", "type"])
def test_the_highest_of_all_numbers_is_a_word(by: str) -> None:
    drop = wellfit.text.WordDropout(1.0, by=by, mask_id=1)
    words = WORDS.masked_fill(WORDS == 1, torch.iinfo(torch.int64).max)
    assert drop(IDS, words).tolist() == [[2, 1, 1, 1, 3]]


@pytest.mark.parametrize("words", [WORDS[:, :4], WORDS.repeat(2, 1), torch.zeros(1, 6, dtype=torch.int64)])
def test_word_ids_of_another_length_are_told(words: Tensor) -> None:
    with pytest.raises(ValueError, match=r"word_ids must have the shape of token_ids, got .* and \(1, 5\)"):
        wellfit.text.WordDropout(0.5, mask_id=1)(IDS, words)


@pytest.mark.parametrize("options", [{"mask_id": "[MASK]"}, {"mode": "delete", "pad_id": 0.5}])
def test_a_token_that_is_no_id_is_told(options: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="_id must be a token id, got"):
        wellfit.text.WordDropout(0.5, **options)


def test_words_in_any_layout_fall_alike() -> None:
    ids, words = torch.arange(10, 70).view(4, 15), torch.arange(15).expand(4, 15)
    drop, index = wellfit.text.WordDropout(0.5, mask_id=1), torch.arange(4)
    spread = torch.empty(8, 30, dtype=torch.int64)[::2, ::2].copy_(ids)
    assert torch.equal(drop(spread, words, index=index), drop(ids, words.contiguous(), index=index))


@pytest.mark.parametrize("drop", [wellfit.graph.DropEdge, wellfit.graph.DropNode])
@pytest.mark.parametrize("mode", ["index", "mask"])
def test_graphs_of_one_node(drop: Callable[..., Method], mode: str) -> None:
    loop, nothing = torch.zeros(2, 1, dtype=torch.int64), torch.empty(2, 0, dtype=torch.int64)
    if drop is wellfit.graph.DropEdge:
        for edges in (loop, nothing):
            with pytest.warns(NoEffectWarning, match=f"the graph has {edges.shape[1]} edges, none of them between"):
                kept = drop(0.5, mode=mode)(edges)
            assert kept.shape == (edges.shape if mode == "index" else edges.shape[1:])
        return
    for p, left in ((1.0, 0), (1e-9, 1)):
        for edges in (loop, nothing):
            kept_edges, nodes = drop(p, mode=mode)(edges, num_nodes=1)
            assert nodes.tolist() == [bool(left)]
            assert kept_edges.shape[-1] == (left * edges.shape[1] if mode == "index" else edges.shape[1])


def test_isolated_nodes_fall_like_others() -> None:
    pair = torch.tensor([[0, 1], [1, 0]])
    nodes = wellfit.graph.DropNode(0.3)(pair, num_nodes=20_000, index=torch.tensor([1]))[1]
    assert abs(float(nodes[2:].float().mean()) - 0.7) < 5 * math.sqrt(0.21 / 20_000)
    with pytest.raises(ValueError, match="below num_nodes = 1, got 1"):
        wellfit.graph.DropNode(0.3)(pair, num_nodes=1)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: wellfit.StochasticDepth(0.5)(torch.ones(3, 2).long()), TypeError, "of floats, got torch.int64"),
        (lambda: wellfit.StochasticDepth(0.5)([1.0]), TypeError, "branch must be a tensor of floats, got list"),
        (lambda: wellfit.StochasticDepth(0.5)(torch.tensor(1.0)), ValueError, r"of shape \(N, ...\), got \(\)"),
        (lambda: wellfit.vision.MixCut()([1], torch.arange(1)), TypeError, "x must be a tensor, got list"),
        (lambda: wellfit.vision.MixCut()(torch.rand(1, 3, 4, 4), [1]), TypeError, "targets must be a tensor, got list"),
        (lambda: wellfit.LabelSmoothing(classes=3)([1]), TypeError, "targets must be a tensor, got list"),
        (lambda: wellfit.EMA(nn.Identity()), ValueError, "model must have parameters, got none"),
        (lambda: wellfit.SWA(nn.Identity()), ValueError, "model must have parameters, got none"),
        (lambda: wellfit.param_groups(nn.Identity(), 1e-3, 0.1), ValueError, "parameters that train, got 0 of 0"),
        (
            lambda: wellfit.EMA(nn.Linear(1, 1)).update_parameters(nn.Linear(2, 1)),
            ValueError,
            r"the average's shapes: \(1, 1\), got \(1, 2\)",
        ),
    ],
)
def test_other_mistakes_are_told(call: Callable[[], object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_a_model_without_parameters_has_nothing_to_clip_or_drop_and_may_stop() -> None:
    with pytest.warns(NoEffectWarning, match="no gradient is there"):
        assert wellfit.ClipGradients(1.0)(nn.Identity()) == 0
    with pytest.warns(NoEffectWarning, match="Identity has no module that drops out"):
        wellfit.set_dropout(nn.Identity(), 0.5)
    stopping = wellfit.EarlyStopping(0)
    assert [stopping.step(loss, nn.Identity()) for loss in (1.0, 2.0)] == [False, True]
