"""Change brightness, contrast, saturation and hue of images."""

from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.regularize.method import Method, fraction
from wellfit.regularize.vision.color_distortion.card import COLOR_DISTORTION
from wellfit.regularize.vision.color_distortion.matrix import Recolouring, recolour, recolouring
from wellfit.regularize.vision.images import GREY, check_colour, check_images, check_range, like, white, working

COLOURS = 0
"""Its stream of numbers: brightness, contrast, saturation, hue, grey."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How far colours may go at strength 1.

    Args:
        brightness: its factor is even in [1 - brightness, 1 + brightness]; in [0, 1].
        contrast: the same.
        saturation: the same.
        hue: even in [-hue, hue], in turns; in [0, 0.5].
        grey: chance of an image to lose its colour, in [0, 1].

    Raises:
        ValueError: if one of them lies outside its range.
    """

    brightness: float = COLOR_DISTORTION.full
    contrast: float = COLOR_DISTORTION.full
    saturation: float = COLOR_DISTORTION.full
    hue: float = COLOR_DISTORTION.full / 4
    grey: float = 0.0

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation", "grey"):
            fraction(name, getattr(self, name))
        if not 0 <= self.hue <= 0.5:  # noqa: PLR2004
            raise ValueError(f"hue must lie in [0, 0.5] turns, got {self.hue}")

    @property
    def any(self) -> bool:
        """Whether colours change at all."""
        return self.shades or max(self.saturation, self.hue, self.grey) > 0

    @property
    def shades(self) -> bool:
        """Whether grey images change, too."""
        return max(self.brightness, self.contrast) > 0

    def drawn(self, numbers: Tensor, strength: float, channels: int) -> Recolouring:
        """The change of each image.

        Args:
            numbers: float in [0, 1), shape (N, 5): of brightness, contrast, saturation, hue and grey.
            strength: in [0, 1], scales each amount.
            channels: 1 or 3.
        """
        spread = (2 * numbers.double() - 1) * strength
        coloured = numbers[:, 4] >= self.grey * strength
        return recolouring(
            1 + self.brightness * spread[:, 0],
            1 + self.contrast * spread[:, 1],
            (1 + self.saturation * spread[:, 2]) * coloured,
            self.hue * spread[:, 3],
            channels,
        )


def distort_color(images: Tensor, *, brightness: Tensor, contrast: Tensor, saturation: Tensor, hue: Tensor) -> Tensor:
    """Change the colours of each image by factors of its own: brightness, contrast, saturation and hue, in this order.

    Values are cut off at black and white once, at the end.

    Args:
        images: uint8, or floating point in [0, 1]; shape (N, 3, H, W) or (N, 1, H, W).
        brightness: factor of all values, shape (N,); 1 leaves them.
        contrast: factor of the distance from the image's mean grey, shape (N,).
        saturation: factor of the distance from each pixel's grey, shape (N,); 0 takes the colour away.
        hue: in turns, shape (N,); 1/3 takes red to green.

    Returns:
        The same dtype, device and shape.

    Raises:
        ValueError: if floats lie outside [0, 1], as normalised images do, or shapes do not fit.

    Example:
        >>> import torch
        >>> one = torch.ones(1)
        >>> image = torch.tensor([0.2, 0.4]).reshape(1, 1, 1, 2)
        >>> distort_color(image, brightness=2 * one, contrast=one, saturation=one, hue=0 * one)
        tensor([[[[0.4000, 0.8000]]]])

    Source:
        He et al. 2019, Bag of tricks for image classification with convolutional neural networks, the baseline.
    """
    check_coloured(images)
    for name, given in {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}.items():
        if given.shape != images.shape[:1]:
            raise ValueError(f"{name} must have the shape ({len(images)},), got {tuple(given.shape)}")
    return _recoloured(images, recolouring(brightness, contrast, saturation, hue, images.shape[1]))


def check_coloured(images: Tensor) -> None:
    """Refuse what has no colours, or whose values are no shares of white.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).

    Raises:
        ValueError: if it is so.
    """
    check_images(images)
    check_colour(images)
    if images.is_floating_point():
        check_range(images)


def _recoloured(images: Tensor, how: Recolouring) -> Tensor:
    values, top = working(images), white(images)
    return like(recolour(values, how.of_values(values.dtype, top)).clamp(0, 1) * top, images)


class ColorDistortion(Method):
    """Change the colours of each image by amounts drawn for it alone.

    Args:
        brightness: at strength 1, its factor is even in [1 - brightness, 1 + brightness]; in [0, 1].
        contrast: the same.
        saturation: the same.
        hue: at strength 1, even in [-hue, hue], in turns; in [0, 0.5].
        grey: at strength 1, chance of an image to lose its colour, in [0, 1].
        strength: in [0, 1], scales all five.
        seed: of the draws of samples whose index is given.
        generator: draws for samples without an index.

    Raises:
        ValueError: if an amount or strength lies outside its range.

    Example:
        >>> import torch
        >>> distort = ColorDistortion(0.4, 0.4, 0.4, 0.1)
        >>> distort(torch.rand(4, 3, 32, 32)).shape
        torch.Size([4, 3, 32, 32])
    """

    card = COLOR_DISTORTION

    def __init__(  # noqa: PLR0913
        self,
        brightness: float = 0.4,
        contrast: float = 0.4,
        saturation: float = 0.4,
        hue: float = 0.1,
        grey: float = 0.0,
        *,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.amounts = Amounts(brightness, contrast, saturation, hue, grey)
        if not self.amounts.any:
            self.say_no_effect("all amounts are 0")

    def forward(self, images: Tensor, *, index: Tensor | None = None) -> Tensor:
        """Change the colours of a batch.

        Args:
            images: uint8, or floating point in [0, 1]; shape (N, 3, H, W) or (N, 1, H, W).
            index: int64, shape (N,), places in the data set: then the draws depend on nothing else.

        Returns:
            The same dtype, device and shape.

        Raises:
            ValueError: if floats lie outside [0, 1], as normalised images do.
        """
        if not (self.acts and self.amounts.any):
            return images
        check_coloured(images)
        if images.shape[1] == GREY and not self.amounts.shades:
            self.say_no_effect("grey images have no saturation and no hue")
        numbers = self.draws(images.shape[0], images.device, index).uniform(COLOURS, 5)
        return _recoloured(images, self.amounts.drawn(numbers, self.strength, images.shape[1]))
