"""What is to happen to each image of a batch: drawn once, then carried out chunk by chunk."""

from dataclasses import dataclass

from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.vision.affine import Size, compose, mirrored_turns, windows
from wellfit.regularize.vision.augment.settings import Settings
from wellfit.regularize.vision.color_distortion.matrix import Recolouring
from wellfit.regularize.vision.scale_and_crop.method import draw_windows, softened

NUMBERS = 0
"""The stream of all built-in operations: one hash for all of them is cheaper than one for each."""

_FLIP, _ANGLE, _WINDOW, _COLOURS, _NOISE, _ALL = 0, 1, slice(2, 6), slice(6, 11), slice(11, 13), 13
"""Where each finds its own among them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen to each image.

    Args:
        draws: of the batch; extra operations and noise take theirs from it, chunk by chunk.
        strength: in [0, 1]; 0 in evaluation mode.
        flip: bool, shape (N,).
        matrices: float64, shape (N, 2, 3), from the image to the result.
        size: height and width of the result.
        still: whether no matrix moves anything.
        recolouring: of each image, or None.
        noise: two numbers in [0, 1) for each image, which choose its noise; shape (N, 2).
    """

    draws: Draws
    strength: float
    flip: Tensor
    matrices: Tensor
    size: Size
    still: bool
    recolouring: Recolouring | None
    noise: Tensor


def make_plan(settings: Settings, draws: Draws, images: Tensor, strength: float) -> Plan:
    """Draw what is to happen.

    Args:
        settings: of the pipeline.
        draws: of the batch.
        images: shape (N, C, H, W).
        strength: in [0, 1]; at 0 nothing but scaling to the size is left.
    """
    source: Size = (images.shape[2], images.shape[3])
    size = settings.size or source
    extra = [op.moves(draws.named(op.name), source, strength) for op in settings.extra] if strength else []
    own = [one for one in extra if one is not None]
    numbers = draws.uniform(NUMBERS, _ALL)
    flip = numbers[:, _FLIP] < settings.flip * strength
    matrices = mirrored_turns(flip, (2 * numbers[:, _ANGLE] - 1) * (settings.rotate * strength), source)
    for one in own:
        matrices = compose(matrices, one.to(matrices))
    matrices = compose(matrices, _windows(settings, numbers[:, _WINDOW], source, size, strength))
    still = size == source and not own and not (settings.moves and strength)
    how = _recolouring(settings, draws, numbers[:, _COLOURS], images.shape[1], strength)
    return Plan(draws, strength, flip, matrices, size, still, how, numbers[:, _NOISE])


def _windows(settings: Settings, numbers: Tensor, source: Size, size: Size, strength: float) -> Tensor:
    """What is cut out, or the whole image, scaled to the size."""
    if settings.crop and strength:
        scale, ratio = softened(settings.crop, settings.ratio, strength)
        return windows(draw_windows(numbers, source, scale, ratio), size)
    whole = numbers.new_tensor([[0, 0, source[1], source[0]]])
    return windows(whole, size).expand(len(numbers), 2, 3)


def _recolouring(
    settings: Settings, draws: Draws, numbers: Tensor, channels: int, strength: float
) -> Recolouring | None:
    """Color distortion, then the user's own matrices; None where neither is asked for."""
    if strength == 0:
        return None
    own = [op.recolours(draws.named(op.name), channels, strength) for op in settings.extra]
    further = [one for one in own if one is not None]
    if not further and not settings.color.any:
        return None
    how = settings.color.drawn(numbers, strength, channels)
    for one in further:
        how = how.then(one.to(numbers.device))
    return how
