"""The image augmenter of a plan."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.regularize.draws import Draws
from wellfit.regularize.vision.affine import Size
from wellfit.regularize.vision.augment.method import Augment
from wellfit.regularize.vision.augment.op import Op

ERASED = (0.02, 0.33)
"""Least and largest area that is erased, as a share of the image's (Zhong et al. 2020, Random erasing)."""


class Shift(Op):
    """Move the image by whole pixels, up to a share of its size, as a crop of the padded image does.

    Args:
        most: share of the size, in [0, 1).
    """

    name = "shift"
    labels = "safe"

    def __init__(self, most: float) -> None:
        self.most = most

    def moves(self, draws: Draws, size: Size, strength: float) -> Tensor:
        """Matrices that move by whole pixels.

        Args:
            draws: of N samples.
            size: height and width of the images.
            strength: in [0, 1], scales the longest way.

        Returns:
            float64, shape (N, 2, 3).
        """
        matrices = torch.eye(2, 3, dtype=torch.float64, device=draws.keys.device).repeat(draws.samples, 1, 1)
        ways = draws.between(0, -1.0, 1.0, 2).double() * strength * self.most
        matrices[:, 0, 2], matrices[:, 1, 2] = (ways[:, 0] * size[1]).round(), (ways[:, 1] * size[0]).round()
        return matrices


class Erase(Op):
    """Blacken a square of the image.

    Args:
        chance: that it happens, at strength 1.
    """

    name = "erase"
    labels = "safe"

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def touches(self, images: Tensor, draws: Draws, strength: float) -> Tensor:
        """Images with their square of zeros.

        Args:
            images: float, shape (n, C, h, w).
            draws: of these samples.
            strength: in [0, 1], scales the chance.
        """
        height, width = images.shape[-2:]
        side = draws.between(0, *ERASED).sqrt()
        top, left = (draws.uniform(stream) * (1 - side) for stream in (1, 2))
        rows = (torch.arange(height, device=images.device) + 0.5) / height
        columns = (torch.arange(width, device=images.device) + 0.5) / width
        within = _between(rows, top, side)[:, :, None] & _between(columns, left, side)[:, None, :]
        happens = draws.coins(3, self.chance * strength)[:, None, None]
        return images.masked_fill((within & happens)[:, None], 0.0)


def _between(places: Tensor, start: Tensor, length: Tensor) -> Tensor:
    return (places >= start[:, None]) & (places < (start + length)[:, None])


def augmenter(options: Mapping[str, Any] | None) -> nn.Module | None:
    """A module that augments batches of images, or None where there are no options.

    Args:
        options: of `Augment`, and `shift` and `erase`.
    """
    if not options:
        return None
    rest = {name: value for name, value in options.items() if name not in {"shift", "erase"}}
    extra: list[Op] = [Shift(options["shift"])] if "shift" in options else []
    extra += [Erase(options["erase"])] if "erase" in options else []
    return Augment(**rest, extra=extra)
