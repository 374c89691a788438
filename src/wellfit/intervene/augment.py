"""Change the images that a model is trained on at random, more or less strongly."""

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.intervene.changed_inputs import ChangedInputs
from wellfit.regularize.vision.shift_and_noise import shift_and_noise

IMAGES = 4
"""Dimensions of a batch of images: samples, channels, height, width."""


class Augment(ChangedInputs):
    """Images in training calls are shifted and get noise, by a `strength` from 0 to 1.

    It is `wellfit.vision.shift_and_noise` around what the model is called with, and draws from torch's own generator
    as that does: the run is that of the program which calls it there. Calls in evaluation mode, without gradients, or
    with anything but a batch of float images see the plain batch.
    """

    name = "augment"
    options = frozenset({"strength"})

    def change(self, module: Module, given: Tensor) -> Tensor | None:
        """The augmented batch."""
        if self.phases.holds or not module.training or not torch.is_grad_enabled():
            return None
        if given.dim() != IMAGES or not given.is_floating_point():
            self.refuse("what the model is trained on is no batch of float images")
            return None
        return shift_and_noise(given, float(self.cure.options["strength"]))
