"""Add Gaussian noise to images."""

import math

import torch
from torch import Tensor

from wellfit.regularize.method import Method
from wellfit.regularize.vision.gaussian_noise.bank import Kind, check_kind, noise_for
from wellfit.regularize.vision.gaussian_noise.card import GAUSSIAN_NOISE
from wellfit.regularize.vision.images import check_images, like, white, working


def add_gaussian_noise(images: Tensor, noise: Tensor, std: float, *, relative: bool = False) -> Tensor:
    """Add noise; floats are not cut off, so that their mean stays.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
        noise: of mean 0 and variance 1, shape (N, C, H, W).
        std: what it is scaled by, >= 0: in shares of white (255 in uint8, else 1).
        relative: scale by std times each channel's own standard deviation instead.

    Returns:
        The same dtype, device and shape; uint8 rounded and cut off at 0 and 255. NaN pixels stay NaN.

    Raises:
        ValueError: if std is below 0 or not finite, or the shapes differ.

    Example:
        >>> import torch
        >>> add_gaussian_noise(torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, -1.0]]]]), 0.5)
        tensor([[[[ 0.5000, -0.5000]]]])

    Source:
        Bishop 1995, Training with noise is equivalent to Tikhonov regularization, Neural Computation 7(1).
    """
    check_images(images)
    if noise.shape != images.shape:
        raise ValueError(f"noise must have the images' shape {tuple(images.shape)}, got {tuple(noise.shape)}")
    check_std(std)
    values = working(images)
    scale = values.std((2, 3), correction=0, keepdim=True) if relative else values.new_tensor(white(images))
    return like(torch.addcmul(values, noise.to(values.dtype), scale * std), images)


def check_std(std: float) -> float:
    """The standard deviation, where it is one.

    Args:
        std: finite, >= 0.

    Raises:
        ValueError: elsewhere.
    """
    if not 0 <= std < math.inf:
        raise ValueError(f"std must be finite and >= 0, got {std}")
    return float(std)


class GaussianNoise(Method):
    """Add noise of its own to each image.

    Args:
        std: at strength 1, in shares of white (of 1 in floats, of 255 in uint8); >= 0.
        relative: take std as a share of each image's channel's own standard deviation instead.
        kind: "fresh" draws each value; "bank" adds stretches of a bank of normal numbers, ten times as fast.
        strength: in [0, 1], scales std.
        seed: of the draws of samples whose index is given.
        generator: draws for samples without an index.

    Raises:
        ValueError: if std or strength lies outside its range, or kind is neither.

    Example:
        >>> import torch
        >>> noise = GaussianNoise(0.05)
        >>> noise(torch.rand(4, 3, 32, 32)).shape
        torch.Size([4, 3, 32, 32])
    """

    card = GAUSSIAN_NOISE

    def __init__(  # noqa: PLR0913
        self,
        std: float = GAUSSIAN_NOISE.full,
        *,
        relative: bool = False,
        kind: Kind = "fresh",
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.std = check_std(std)
        check_kind(kind)
        self.relative, self.kind = relative, kind
        if std == 0:
            self.say_no_effect("std is 0")

    def forward(self, images: Tensor, *, index: Tensor | None = None) -> Tensor:
        """Add noise to a batch.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            index: int64, shape (N,), places in the data set: then the draws depend on nothing else.

        Returns:
            The same dtype, device and shape.
        """
        check_images(images)
        if not self.acts or self.std == 0:
            return images
        draws = self.draws(images.shape[0], images.device, index)
        noise = torch.zeros(images.shape, device=images.device)
        noise_for(self.kind, draws, math.prod(images.shape[1:])).add(noise, 0, 1.0)
        return add_gaussian_noise(images, noise, self.std * self.strength, relative=self.relative)
