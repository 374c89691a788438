"""What belongs to images and moves with them: masks, boxes, keypoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from wellfit.regularize.vision.affine import Size, inverse, moved
from wellfit.regularize.vision.resample import look_up_nearest

Several = Tensor | Sequence[Tensor]
"""One tensor of shape (N, K, ...), or N tensors of shape (K_i, ...)."""

SMALLEST_SIDE = 1.0
"""Pixels. What is left of a box counts from this side on."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What belongs to a batch of images.

    Args:
        masks: any dtype, shape (N, H, W) or (N, C, H, W); looked up at the nearest pixel, never mixed.
        boxes: float, shape (N, K, 4) or N tensors (K_i, 4): left, top, right, bottom edge in pixels; the first pixel
            covers 0 to 1.
        keypoints: float, shape (N, K, 2) or N tensors (K_i, 2): x and y in pixels; the centre of the first is (0, 0).
        boxes_valid: bool, shape (N, K) or N tensors (K_i,): whether at least a pixel each way is left of the box.
        keypoints_valid: the same of keypoints: whether the point is in the image.
    """

    masks: Tensor | None = None
    boxes: Several | None = None
    keypoints: Several | None = None
    boxes_valid: Several | None = None
    keypoints_valid: Several | None = None

    def __bool__(self) -> bool:
        """Whether there are any."""
        return any(given is not None for given in (self.masks, self.boxes, self.keypoints))


def check_targets(targets: Targets, samples: int, size: Size) -> None:
    """Refuse what does not belong to these images.

    Args:
        targets: of a batch.
        samples: N.
        size: height and width of the images.

    Raises:
        ValueError: if a shape does not fit, or a box is inside out.
    """
    masks = targets.masks
    if masks is not None and (masks.dim() not in {3, 4} or masks.shape[0] != samples or masks.shape[-2:] != size):
        raise ValueError(f"masks must have the shape ({samples}, [C,] {size[0]}, {size[1]}), got {tuple(masks.shape)}")
    _check_several("boxes", targets.boxes, samples, 4)
    _check_sides(targets.boxes)
    _check_several("keypoints", targets.keypoints, samples, 2)


def _check_several(name: str, given: Several | None, samples: int, width: int) -> None:
    if given is None:
        return
    wants = f"({samples}, K, {width}), or {samples} tensors of (K, {width})"
    if len(given) != samples or any(one.dim() != 2 or one.shape[1] != width for one in given):  # noqa: PLR2004
        got = tuple(given.shape) if isinstance(given, Tensor) else [tuple(one.shape) for one in given]
        raise ValueError(f"{name} must have the shape {wants}, got {got}")
    if not all(one.is_floating_point() for one in given):
        raise ValueError(f"{name} must be floating point, got {next(iter(given)).dtype}: parts of pixels count")


def _check_sides(boxes: Several | None) -> None:
    """Also of boxes told by centre or corner, width and height, some are inside out when taken for two corners."""
    if boxes is None or len(boxes) == 0:
        return
    flat = boxes.flatten(0, 1) if isinstance(boxes, Tensor) else torch.cat([*boxes])
    wrong = (flat[:, 2:] < flat[:, :2]).any(1)
    if wrong.any():
        raise ValueError(f"boxes must be (left, top, right, bottom), got {flat[wrong][0].tolist()}")


def move_targets(targets: Targets, matrices: Tensor, size: Size, *, mask_fill: float = 0) -> Targets:
    """Move all by the matrices that move their images.

    Args:
        targets: of a batch.
        matrices: float64, shape (N, 2, 3), from the image to the result.
        size: height and width of the result.
        mask_fill: of a mask, where nothing of the image is seen.

    Returns:
        The same kinds, with what is valid of them.
    """
    masks = targets.masks
    if masks is not None:
        planes = masks[:, None] if masks.dim() == 3 else masks  # noqa: PLR2004
        masks = look_up_nearest(planes, inverse(matrices), size, mask_fill).reshape(*masks.shape[:-2], *size)
    boxes, boxes_valid = _each(targets.boxes, matrices, lambda b, m: move_boxes(b, m, size))
    points, points_valid = _each(targets.keypoints, matrices, lambda p, m: move_keypoints(p, m, size))
    return Targets(masks, boxes, points, boxes_valid, points_valid)


def move_boxes(boxes: Tensor, matrices: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """The upright boxes around the moved ones, cut off at the edge of the result.

    Args:
        boxes: float, shape (B, 4).
        matrices: float64, shape (B, 2, 3).
        size: of the result.

    Returns:
        Boxes, shape (B, 4), and whether at least a pixel each way is left of them, bool, shape (B,).
    """
    corners = moved(boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].unflatten(1, (4, 2)), matrices)
    low, high = corners.amin(1), corners.amax(1)
    ends = torch.tensor([size[1], size[0]], dtype=boxes.dtype, device=boxes.device)
    result = torch.cat([_clipped(low, ends), _clipped(high, ends)], 1)
    return result, (result[:, 2:] - result[:, :2] >= SMALLEST_SIDE - _ROUNDING).all(1)


_ROUNDING = 1e-4


def _clipped(points: Tensor, ends: Tensor) -> Tensor:
    return torch.minimum(points.clamp(min=0), ends)


def move_keypoints(points: Tensor, matrices: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """Points where they are seen, and whether that is in the result; those outside are told as they are.

    Args:
        points: float, shape (B, 2); the centre of the first pixel is (0, 0).
        matrices: float64, shape (B, 2, 3).
        size: of the result.

    Returns:
        Points, shape (B, 2), and whether they are in the result, bool, shape (B,).
    """
    edges = moved((points + 0.5)[:, None], matrices)[:, 0]
    ends = torch.tensor([size[1], size[0]], dtype=points.dtype, device=points.device)
    return edges - 0.5, ((edges >= 0) & (edges < ends)).all(1)


def _each(
    given: Several | None, matrices: Tensor, move: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
) -> tuple[Several | None, Several | None]:
    """Move all objects of all samples at once, whether they came as one tensor or as one for each sample."""
    if given is None:
        return None, None
    if len(given) == 0:  # no samples, of whatever shape
        return given, torch.zeros(given.shape[:2], dtype=torch.bool) if isinstance(given, Tensor) else []
    counts = [len(one) for one in given]
    flat = given.flatten(0, 1) if isinstance(given, Tensor) else torch.cat([*given])
    owners = torch.repeat_interleave(torch.tensor(counts, dtype=torch.long)).to(matrices.device)
    result, valid = move(flat, matrices[owners])
    if isinstance(given, Tensor):
        return result.reshape(given.shape), valid.reshape(given.shape[:2])
    return result.split(counts), valid.split(counts)


def swap_sides(targets: Targets, flip: Tensor, order: Sequence[int]) -> Targets:
    """Let left and right keypoints change places in mirrored images: what was the left hand is now a right one.

    Args:
        targets: of a batch; keypoints of shape (N, K, 2), K of them in the same order in each.
        flip: bool, shape (N,).
        order: for each place, which keypoint stands there once the image is mirrored, as in (0, 2, 1).

    Raises:
        ValueError: if the order is none of the keypoints' own.
    """
    if targets.keypoints is None:
        return targets
    swapped = [_swapped(one, bool(now), order) for one, now in zip(targets.keypoints, flip.tolist(), strict=True)]
    whole = torch.stack(swapped) if isinstance(targets.keypoints, Tensor) and swapped else targets.keypoints
    return replace(targets, keypoints=whole if isinstance(targets.keypoints, Tensor) else swapped)


def unmoved(targets: Targets, size: Size) -> Targets:
    """Targets as they are, with what is valid of them.

    Args:
        targets: of a batch.
        size: height and width of the images.
    """
    some = next(one for one in (targets.masks, targets.boxes, targets.keypoints) if one is not None)
    device = some.device if isinstance(some, Tensor) else next((one.device for one in some), None)
    still = torch.eye(2, 3, dtype=torch.float64, device=device).expand(len(some), 2, 3)
    seen = move_targets(replace(targets, masks=None), still, size)
    return replace(targets, boxes_valid=seen.boxes_valid, keypoints_valid=seen.keypoints_valid)


def _swapped(points: Tensor, now: bool, order: Sequence[int]) -> Tensor:  # noqa: FBT001
    if sorted(order) != list(range(len(points))):
        raise ValueError(f"flip_order must hold each of 0 to {len(points) - 1} once, got {list(order)}")
    return points[torch.tensor(order, device=points.device)] if now else points
