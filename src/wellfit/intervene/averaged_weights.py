"""A running average of a model's weights."""

import torch
from torch import Tensor
from torch.nn import Module


class AveragedWeights:
    """An exponential average of parameters and buffers, as `torch.optim.swa_utils.AveragedModel` keeps it.

    Args:
        model: nothing of it is changed until the average is put in.
        decay: share of the average that stays at each update.
    """

    def __init__(self, model: Module, decay: float) -> None:
        self._decay = decay
        tensors = {id(t): t for t in (*model.parameters(), *model.buffers()) if t.is_floating_point()}
        self._current = list(tensors.values())
        self._means: list[Tensor] = []

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are; the first ones are the average."""
        if not self._means:
            self._means = [tensor.detach().clone() for tensor in self._current]
        for mean, tensor in zip(self._means, self._current, strict=True):
            mean.lerp_(tensor, 1 - self._decay)

    @torch.no_grad()
    def put_in(self) -> None:
        """Let the model answer with the average from here on."""
        for mean, tensor in zip(self._means, self._current, strict=False):
            tensor.copy_(mean)
