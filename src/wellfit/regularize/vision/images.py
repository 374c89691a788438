"""What a batch of images is, and the float images that are computed with in its place."""

import torch
from torch import Tensor

GREY = 1
COLOUR = 3
"""Channels of images whose colours mean something."""


def check_images(images: Tensor) -> None:
    """Refuse what is no batch of images.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).

    Raises:
        ValueError: if it has another shape.
        TypeError: if it is no tensor, or has another dtype.
    """
    if not isinstance(images, Tensor):
        raise TypeError(f"images must be a tensor of shape (N, C, H, W), got {type(images).__name__}")
    if images.dim() != 4 or 0 in images.shape[1:]:  # noqa: PLR2004
        raise ValueError(f"images must have the shape (N, C, H, W), got {tuple(images.shape)}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise TypeError(f"images must be uint8 or floating point, got {images.dtype}; say images.float() / their top")


def check_colour(images: Tensor) -> None:
    """Refuse images whose channels are no colours.

    Args:
        images: shape (N, C, H, W).

    Raises:
        ValueError: if C is neither 1 nor 3.
    """
    channels = images.shape[1]
    if channels not in {GREY, COLOUR}:
        hint = ", channels last: say images.permute(0, 3, 1, 2)" if images.shape[3] in {GREY, COLOUR} else ""
        raise ValueError(f"colours need 1 or 3 channels, got {channels} in the shape {tuple(images.shape)}{hint}")


def check_range(images: Tensor) -> None:
    """Refuse values that are no shares of white: normalised images, 0 to 255 as floats, and NaN.

    Args:
        images: floating point, any shape.

    Raises:
        ValueError: if a value lies outside [0, 1] by more than rounding, or is NaN.
    """
    if images.numel() == 0:
        return
    images = images.detach()
    low, high = float(images.amin()), float(images.amax())  # two passes take less than aminmax's one
    if low >= -_SLACK and high <= 1 + _SLACK:
        return
    raise ValueError(f"images must lie in [0, 1], got values from {low:.4g} to {high:.4g}{_advice(low, high)}")


_SLACK = 1e-2
"""Resizing with a cubic kernel, and bfloat16, overshoot 1 by so much; a normalised image does so by far more."""


def _advice(low: float, high: float) -> str:
    if low != low:  # noqa: PLR0124  NaN
        return ": there are NaN pixels"
    if low < 0:
        return ": these look normalised; augment before Normalize, or hand its mean and std over as normalize="
    return ": divide by 255, or pass uint8" if high > 1 + _SLACK else ""


def working(images: Tensor) -> Tensor:
    """Images to compute with: float64 as it is, all else as float32 of the same values; the layout stays.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
    """
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    return images.to(dtype)


def like(result: Tensor, images: Tensor) -> Tensor:
    """The result in the images' dtype; uint8 is rounded and held in [0, 255].

    Args:
        result: floating point, in the images' units.
        images: those it came from.
    """
    if images.dtype == torch.uint8:
        return result.round().clamp(0, 255).to(torch.uint8)
    return result.to(images.dtype)


def white(images: Tensor) -> float:
    """The value of white: 255 in uint8, else 1."""
    return 255.0 if images.dtype == torch.uint8 else 1.0
