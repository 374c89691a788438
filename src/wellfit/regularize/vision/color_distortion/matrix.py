"""Brightness, contrast, saturation and hue as one matrix on the channels.

Saturation and hue scale and turn the colour in YIQ, whose first row is the grey that eyes see; together they are
`P0 + a P1 + b P2` with a = s cos(h), b = s sin(h). Other libraries turn the hue in HSV, which is not linear: the same
for small angles, but there a turned colour keeps its largest channel, and here its brightness.
"""

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.regularize.vision.images import GREY

LUMA = (0.299, 0.587, 0.114)
"""Share of each channel in grey, by ITU-R BT.601."""

_TO_YIQ = (LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
"""FCC NTSC standard of 1953; the lower rows sum to 0, so that grey has no colour."""


@dataclass(frozen=True, slots=True)
class Recolouring:
    """What to do with the colours of each image: `matrix @ x + lift @ mean + shift`.

    Args:
        matrix: shape (N, C, C), float64 as it is made.
        lift: shape (N, C, C); on the means of the channels, whose grey contrast leaves where it is.
        shift: shape (N, C, 1).
    """

    matrix: Tensor
    lift: Tensor
    shift: Tensor

    def then(self, further: Tensor) -> "Recolouring":
        """Both in turn.

        Args:
            further: float, shape (N, C, C + 1): a matrix, and what is added.
        """
        matrix, shift = further[:, :, :-1].double(), further[:, :, -1:].double()
        return Recolouring(matrix @ self.matrix, matrix @ self.lift, matrix @ self.shift + shift)

    def of(self, rows: Tensor | slice) -> "Recolouring":
        """That of some images.

        Args:
            rows: of the batch.
        """
        return Recolouring(self.matrix[rows], self.lift[rows], self.shift[rows])

    def split(self, sizes: list[int]) -> list["Recolouring"]:
        """That of some images after the other.

        Args:
            sizes: how many each time; their sum is N.
        """
        parts = (part.split(sizes) for part in (self.matrix, self.lift, self.shift))
        return [Recolouring(*one) for one in zip(*parts, strict=True)]

    def of_values(self, dtype: torch.dtype, white: float) -> "Recolouring":
        """The same for values of another dtype, up to another white; the result is in shares of white.

        Args:
            dtype: float32 or float64.
            white: the value of white.
        """
        parts = (self.matrix / white, self.lift / white, self.shift)
        return Recolouring(*(part.to(dtype) for part in parts))


def recolouring(brightness: Tensor, contrast: Tensor, saturation: Tensor, hue: Tensor, channels: int) -> Recolouring:
    """Brightness, contrast, saturation and hue, in this order.

    Args:
        brightness: factor of all values, shape (N,).
        contrast: factor of the distance from the mean grey, shape (N,).
        saturation: factor of the distance from each pixel's grey, shape (N,); 0 takes the colour away.
        hue: in turns, shape (N,); 1/3 takes red to green.
        channels: 3, or 1: then saturation and hue have nothing to change.
    """
    gain = (brightness * contrast).double()
    if channels == GREY:
        turn = luma = torch.ones_like(gain)[:, None, None]
    else:
        angle = hue.double() * (2 * torch.pi)
        parts = torch.stack([torch.ones_like(gain), saturation * angle.cos(), saturation * angle.sin()], 1)
        known = _parts().to(gain.device)
        turn, luma = (parts @ known).reshape(-1, 3, 3), known[0].reshape(3, 3)
    lift = (brightness * (1 - contrast)).double()[:, None, None] * luma
    return Recolouring(gain[:, None, None] * turn, lift, torch.zeros_like(lift[:, :, :1]))


@functools.cache
def _parts() -> Tensor:
    """P0, P1 and P2, float64, shape (3, 9)."""
    luma = torch.tensor([LUMA] * 3, dtype=torch.float64)
    there = torch.tensor(_TO_YIQ, dtype=torch.float64)
    quarter = torch.tensor([[0, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=torch.float64)
    turned = torch.linalg.inv(there) @ quarter @ there
    return torch.stack([luma, torch.eye(3, dtype=torch.float64) - luma, turned]).reshape(3, 9)


def recolour(images: Tensor, how: Recolouring, *, out: Tensor | None = None) -> Tensor:
    """Apply it, in one pass; what leaves the range stays outside.

    Args:
        images: float32 or float64, shape (n, C, H, W).
        how: of these images, of their dtype.
        out: a contiguous tensor of the images' shape and dtype that takes the result, where no gradients are asked for.

    Returns:
        The same shape; a new tensor, or out.
    """
    values = images.flatten(2)
    offsets = torch.baddbmm(how.shift, how.lift, values.sum(2, keepdim=True), alpha=1 / values.shape[2])
    if out is None:
        return torch.baddbmm(offsets, how.matrix, values).reshape(images.shape)
    torch.baddbmm(offsets, how.matrix, values, out=out.flatten(2))
    return out
