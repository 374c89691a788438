"""What is to happen to each image of a batch: drawn once, then carried out chunk by chunk."""

from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.vision.affine import Size, compose, flips, rotations, windows
from wellfit.regularize.vision.augment.settings import Settings
from wellfit.regularize.vision.color_distortion.matrix import Recolouring
from wellfit.regularize.vision.scale_and_crop.method import draw_windows, softened

MOVES = 0
"""The stream of the built-in moves: flip, angle, then the four numbers of a window. One hash for all is cheaper."""


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
    """

    draws: Draws
    strength: float
    flip: Tensor
    matrices: Tensor
    size: Size
    still: bool
    recolouring: Recolouring | None


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
    numbers = draws.uniform(MOVES, 6)
    flip = numbers[:, 0] < settings.flip * strength
    matrices = _moved(settings, numbers, flip, own, source, size, strength)
    still = size == source and not own and not (settings.moves and strength)
    return Plan(draws, strength, flip, matrices, size, still, _recolouring(settings, draws, images, strength))


def _moved(
    settings: Settings, numbers: Tensor, flip: Tensor, own: list[Tensor], source: Size, size: Size, strength: float
) -> Tensor:
    """Flip, rotation, the user's own moves, then the window: one matrix for each image."""
    most = settings.rotate * strength
    matrices = compose(flips(flip, source), rotations((2 * numbers[:, 1] - 1) * most, source))
    for one in own:
        matrices = compose(matrices, one.to(matrices))
    scale, ratio = softened(settings.crop, settings.ratio, strength) if settings.crop else ((1.0, 1.0), None)
    if ratio is None or strength == 0:
        boxes = torch.tensor([[0.0, 0.0, source[1], source[0]]], dtype=torch.float64, device=numbers.device)
        return compose(matrices, windows(boxes, size).expand(len(numbers), 2, 3))
    return compose(matrices, windows(draw_windows(numbers[:, 2:], source, scale, ratio), size))


def _recolouring(settings: Settings, draws: Draws, images: Tensor, strength: float) -> Recolouring | None:
    """Color distortion, then the user's own matrices; None where neither is asked for."""
    if strength == 0:
        return None
    channels = images.shape[1]
    own = [op.recolours(draws.named(op.name), channels, strength) for op in settings.extra]
    further = [one for one in own if one is not None]
    if not further and not settings.color.any:
        return None
    how = settings.color.drawn(draws.named("color_distortion"), strength, channels)
    for one in further:
        how = how.then(one.to(images.device))
    return how
