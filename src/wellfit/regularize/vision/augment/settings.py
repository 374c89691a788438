"""What a pipeline does at strength 1."""

from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.regularize.method import fraction
from wellfit.regularize.vision.affine import Size
from wellfit.regularize.vision.augment.op import Op
from wellfit.regularize.vision.color_distortion.method import Amounts
from wellfit.regularize.vision.gaussian_noise.bank import Kind, check_kind
from wellfit.regularize.vision.gaussian_noise.method import check_std
from wellfit.regularize.vision.resample import Padding
from wellfit.regularize.vision.rotation.method import largest_angle
from wellfit.regularize.vision.scale_and_crop.method import Range, check_ratio, check_scale
from wellfit.regularize.vision.warp import check_padding

Normalize = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of each channel, in shares of white."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a pipeline does at strength 1; `Augment` says what each of them means.

    Raises:
        ValueError: if one of them lies outside its range.
    """

    size: Size | None
    flip: float
    rotate: float
    crop: Range | None
    ratio: Range
    color: Amounts
    noise: float
    kind: Kind
    normalize: Normalize | None
    padding: Padding
    fill: float
    mask_fill: float
    flip_order: tuple[int, ...] | None
    extra: tuple[Op, ...]
    check_range: bool

    def __post_init__(self) -> None:
        fraction("flip", self.flip)
        largest_angle(self.rotate)
        check_scale(self.crop or (1, 1))
        check_ratio(self.ratio)
        check_std(self.noise)
        check_kind(self.kind)
        check_padding(self.padding, fraction("fill", self.fill))
        self._check_normalize()
        _check_names(self.extra)

    def _check_normalize(self) -> None:
        if self.normalize is None:
            return
        mean, std = self.normalize
        if len(mean) != len(std) or min(std) <= 0:
            raise ValueError(f"normalize must be (mean, std) of each channel, each std > 0, got {self.normalize}")

    @property
    def any(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.moves or self.color.any or self.noise or self.extra)

    @property
    def moves(self) -> bool:
        """Whether built-in operations move images."""
        return bool(self.flip or self.rotate or self.crop)


def _check_names(extra: tuple[Op, ...]) -> None:
    names = [op.name for op in extra]
    if len(set(names)) != len(names):
        raise ValueError(f"extra must hold operations of different names, got {names}")


def as_amounts(color: float | tuple[float, ...]) -> Amounts:
    """Brightness, contrast, saturation, hue and grey.

    Args:
        color: all of them, from the first on; one number for the first three, and a quarter of it for hue.

    Raises:
        ValueError: if there are more than five, or one lies outside its range.
    """
    if isinstance(color, (int, float)):
        return Amounts(color, color, color, color / 4)
    if len(color) > 5:  # noqa: PLR2004
        raise ValueError(f"color must be a number or (brightness, contrast, saturation, hue, grey), got {color}")
    return Amounts(*(tuple(color) + (0.0,) * (5 - len(color))))


def channel_numbers(given: tuple[float, ...], images: Tensor) -> Tensor:
    """One number for each channel.

    Args:
        given: of each channel, or one for all.
        images: shape (N, C, H, W).

    Returns:
        float64, shape (C,).

    Raises:
        ValueError: if there are others.
    """
    channels = images.shape[1]
    if len(given) not in {1, channels}:
        raise ValueError(f"normalize must hold 1 or {channels} numbers for {channels} channels, got {len(given)}")
    return torch.tensor(given, dtype=torch.float64, device=images.device).expand(channels)
