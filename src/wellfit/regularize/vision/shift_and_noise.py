"""Shift images at random and add noise to them: one augmentation with one knob, which `wellfit tune` searches over."""

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.regularize.method import fraction
from wellfit.regularize.vision.images import check_images

LARGEST_SHIFT = 0.2
"""Of the height and the width, at full strength."""

LARGEST_NOISE = 0.3
"""Deviation of the noise at full strength, as a share of the batch's own."""


def shift_and_noise(
    images: Tensor, strength: float, *, training: bool = True, generator: torch.Generator | None = None
) -> Tensor:
    """Move each image by a distance of its own, and add Gaussian noise, on what is trained on alone.

    Each image is moved by up to `0.2 x strength` of its height and width, drawn evenly, to the nearest pixel; what
    comes in is 0. Then noise of `0.3 x strength` times the standard deviation of the whole batch is added.

    Images stay as they are where `training` is False, and where gradients are off, so that a line that trains and
    evaluates may call it, and an evaluation whose model was left in training mode sees plain images.

    Args:
        images: floating point, shape (N, C, H, W).
        strength: in [0, 1]; 0 changes nothing.
        training: as in `torch.nn.functional.dropout`: `model.training`.
        generator: of the images' device, draws all numbers; torch's default one where None.

    Returns:
        The same dtype, device and shape: the images themselves where nothing is changed, else a new tensor.

    Raises:
        ValueError: if strength lies outside [0, 1], or the shape is another.
        TypeError: if images are no floating-point tensor.

    Example:
        >>> import torch
        >>> shift_and_noise(torch.rand(4, 3, 32, 32), 0.5).shape
        torch.Size([4, 3, 32, 32])

    Source:
        Simard et al. 2003, Best practices for convolutional neural networks, for shifts; Bishop 1995, Training with
        noise is equivalent to Tikhonov regularization, Neural Computation 7(1).
    """
    strength = fraction("strength", strength)
    check_images(images)
    if not images.is_floating_point():
        raise TypeError(f"images must be floating point, got {images.dtype}; say images.float() / 255")
    if not training or strength == 0 or not torch.is_grad_enabled():
        return images
    shifted = _shifted(images, 2 * strength * LARGEST_SHIFT, generator)  # the grid runs from -1 to 1
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    return shifted + strength * LARGEST_NOISE * images.std() * noise


def _shifted(images: Tensor, far: float, generator: torch.Generator | None) -> Tensor:
    drawn = torch.rand(len(images), 2, generator=generator, device=images.device)
    moves = torch.zeros(len(images), 2, 3, device=images.device)
    moves[:, 0, 0] = moves[:, 1, 1] = 1
    moves[:, :, 2] = far * (2 * drawn - 1)
    grid = F.affine_grid(moves.to(images.dtype), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="nearest", align_corners=False)
