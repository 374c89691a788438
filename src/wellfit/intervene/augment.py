"""Change the images that a model is trained on at random, more or less strongly."""

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F

from wellfit.intervene.changed_inputs import ChangedInputs

LARGEST_NOISE = 0.3
"""Deviation of the noise at full strength, as a share of the batch's own."""

LARGEST_SHIFT = 0.2
"""Of the height and the width, at full strength."""

IMAGES = 4
"""Dimensions of a batch of images: samples, channels, height, width."""


class Augment(ChangedInputs):
    """Images in training calls are shifted and get noise, by a `strength` from 0 to 1; with `flip`, half are mirrored.

    Calls in evaluation mode, without gradients, or with anything but a batch of float images see the plain batch.
    """

    name = "augment"
    options = frozenset({"strength", "flip"})

    def change(self, module: Module, given: Tensor) -> Tensor | None:
        """The augmented batch."""
        if self.phases.holds or not module.training or not torch.is_grad_enabled():
            return None
        if given.dim() != IMAGES or not given.is_floating_point():
            self.refuse("what the model is trained on is no batch of float images")
            return None
        strength = float(self.cure.options["strength"])
        images = self._shifted(given, strength)
        if self.cure.options.get("flip"):
            images = torch.where(self._drawn(len(images)) < 1 / 2, images.flip(-1), images)
        return images + strength * LARGEST_NOISE * given.std() * self._noise(images)

    def _shifted(self, images: Tensor, strength: float) -> Tensor:
        """Each image moved by a number of pixels of its own; what comes in is 0."""
        moves = torch.zeros(len(images), 2, 3)
        moves[:, 0, 0] = moves[:, 1, 1] = 1
        far = 2 * strength * LARGEST_SHIFT  # the grid runs from -1 to 1
        moves[:, :, 2] = far * (2 * torch.rand(len(images), 2, generator=self.generator) - 1)
        grid = F.affine_grid(moves.to(images), list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, mode="nearest", align_corners=False)

    def _drawn(self, samples: int) -> Tensor:
        return torch.rand(samples, 1, 1, 1, generator=self.generator)

    def _noise(self, images: Tensor) -> Tensor:
        return torch.randn(images.shape, generator=self.generator).to(images)
