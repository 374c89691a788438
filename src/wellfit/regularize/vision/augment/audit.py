"""What to know of each operation of a pipeline before trusting it, a user's own too: labels, seeds and the knob."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws, keyed
from wellfit.regularize.vision.augment.op import Op
from wellfit.regularize.vision.augment.settings import Settings

_SAMPLES = 6
_SIDE = 16
"""A batch of noise to try operations on."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of one operation.

    Args:
        name: of the operation.
        labels: which labels stay true, in words.
        moves: whether it moves things in the image.
        seeded: whether one sample's result hangs on its own numbers alone: tried twice, and in two halves.
        still_at_zero: whether strength 0 changes nothing: tried.
        warning: what is wrong, in words; empty where nothing is.
    """

    name: str
    labels: str
    moves: bool
    seeded: bool
    still_at_zero: bool
    warning: str


def audited(settings: Settings, channels: int, target: object) -> tuple[Line, ...]:
    """A line for each operation that is on.

    Args:
        settings: of the pipeline.
        channels: of its images.
        target: of a sample or a batch, as the data set gives it; None where there is none to look at.
    """
    known = [Line(name, labels, moves, True, True, "") for name, labels, moves in _built_in(settings)]  # noqa: FBT003
    lines = known + [_tried(op, channels) for op in settings.extra]
    return tuple(_with_target(line, target) for line in lines)


def _built_in(settings: Settings) -> list[tuple[str, str, bool]]:
    """Those of ours that are on; tests hold what is said of them."""
    every = (
        (settings.flip, "flip", "not where left and right differ: text, digits, sides", True),
        (settings.rotate, "rotate", "not where the direction tells: 6 and 9, arrows", True),
        (settings.crop, "crop", "not where the thing may lie outside the window", True),
        (settings.color.any, "color", "not where the colour tells", False),
        (settings.noise, "noise", "safe", False),
    )
    return [(name, labels, moves) for on, name, labels, moves in every if on]


def _tried(op: Op, channels: int) -> Line:
    draws = keyed(torch.arange(_SAMPLES)).named(op.name)
    whole = _results(op, draws, channels, 1.0)
    again = _results(op, draws, channels, 1.0)
    halves = [_results(op, draws.of(half), channels, 1.0, half) for half in torch.arange(_SAMPLES).split(_SAMPLES // 2)]
    seeded = _alike(whole, again) and _alike(whole, [torch.cat([*parts]) for parts in zip(*halves, strict=True)])
    still = _alike(_results(op, draws, channels, 0.0), _nothing(draws, channels))
    moves = not _alike(whole[:1], _nothing(draws, channels)[:1])
    return Line(op.name, op.labels, moves, seeded, still, _warning(op, whole, seeded=seeded, still=still))


def _results(op: Op, draws: Draws, channels: int, strength: float, rows: Tensor | None = None) -> list[Tensor]:
    """Moves, colours and images that an operation makes of a batch; where it lacks a hook, what changes nothing."""
    images = _images(channels) if rows is None else _images(channels)[rows]
    made = (
        op.moves(draws, (_SIDE, _SIDE), strength),
        op.recolours(draws, channels, strength),
        op.touches(images.clone(), draws, strength),
    )
    plain = _nothing(draws, channels)
    return [one if now is None else now for now, one in zip(made, plain, strict=True)]


def _nothing(draws: Draws, channels: int) -> list[Tensor]:
    """What an operation gives that does nothing."""
    still = torch.eye(2, 3, dtype=torch.float64).expand(draws.samples, 2, 3)
    same = torch.eye(channels, channels + 1).expand(draws.samples, channels, channels + 1)
    return [still, same, _images(channels)[: draws.samples]]


def _images(channels: int) -> Tensor:
    return torch.rand(_SAMPLES, channels, _SIDE, _SIDE, generator=torch.Generator().manual_seed(0))


def _alike(some: list[Tensor], others: list[Tensor]) -> bool:
    pairs = zip(some, others, strict=True)
    return all(a.shape == b.shape and torch.allclose(a.double(), b.double(), atol=1e-6) for a, b in pairs)


def _warning(op: Op, whole: list[Tensor], *, seeded: bool, still: bool) -> str:
    shapes = [(_SAMPLES, 2, 3), (_SAMPLES, len(whole[1][0]), len(whole[1][0]) + 1)]
    wrong = {
        "its numbers do not come from draws alone": not seeded,
        "it changes something at strength 0": not still,
        "it gives other shapes than it must": [tuple(one.shape) for one in whole[:2]] != shapes,
        "it does not say which labels stay true": op.labels == Op.labels,
        "it gives values that are not finite": not all(bool(one.isfinite().all()) for one in whole),
    }
    return "; ".join(words for words, so in wrong.items() if so)


def _with_target(line: Line, target: object) -> Line:
    kind = structured(target)
    if not (line.moves and kind):
        return line
    left = f"it moves images, and {kind} must move with them: hand masks=, boxes= or keypoints= over in the call"
    warning = "; ".join(words for words in (line.warning, left) if words)
    return Line(line.name, line.labels, line.moves, line.seeded, line.still_at_zero, warning)


_PLACES = ("mask", "box", "keypoint", "landmark", "segmentation", "depth", "flow")
"""Names under which data sets keep what lies in an image at a place."""


def structured(target: object) -> str:
    """What in a target lies in the image at a place, in words; empty where there is nothing.

    Args:
        target: of a sample or a batch, as the data set gives it.
    """
    if isinstance(target, Mapping):
        named = [f"{name!r}" for name in target if any(part in str(name).lower() for part in _PLACES)]
        return " and ".join(named)
    if isinstance(target, (tuple, list)):
        return next((kind for kind in map(structured, target) if kind), "")
    return _lies_at_places(target) if isinstance(target, Tensor) else ""


_CORNERS = 4
"""Numbers of a box."""


def _lies_at_places(target: Tensor) -> str:
    """A plane for each sample, or four numbers for each thing."""
    words = f"a target of shape {tuple(target.shape)}"
    if target.dim() > 2 and min(target.shape[-2:]) > _CORNERS:  # noqa: PLR2004  a batch of planes
        return words
    boxes = target.dim() > 1 and target.shape[-1] == _CORNERS and target.is_floating_point()
    return f"{words}, which may be boxes" if boxes else ""
