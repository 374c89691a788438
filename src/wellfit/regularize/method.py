"""What every method on inputs is: a module that is off in evaluation mode, with one knob and numbers of its own."""

import warnings
from typing import ClassVar

import torch
from torch import Tensor, nn

from wellfit.regularize.card import Card
from wellfit.regularize.draws import Draws, drawn, keyed


class NoEffectWarning(UserWarning):
    """A method is switched on and changes nothing."""


def fraction(name: str, value: float) -> float:
    """The value, where it lies in [0, 1].

    Raises:
        ValueError: elsewhere.
        TypeError: if it is no number.
    """
    if not hasattr(value, "__float__"):
        raise TypeError(f"{name} must be a number in [0, 1], got {value!r}")
    if not 0 <= value <= 1:  # NaN too
        raise ValueError(f"{name} must lie in [0, 1], got {value}")
    return float(value)


class Method(nn.Module):
    """The base of all methods on inputs. Subclasses set `card` and write `forward`, which asks `self.acts` first.

    Args:
        strength: in [0, 1], scales the method's parameter from nothing to all of it; may be set later.
        seed: of the draws of samples whose index is given.
        generator: draws the keys of samples without an index; torch's default one where None.

    Raises:
        ValueError: if strength lies outside [0, 1].
    """

    card: ClassVar[Card]

    def __init__(self, *, strength: float = 1.0, seed: int = 0, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.strength = strength
        self.seed = seed
        self.epoch = 0
        self.generator = generator

    @property
    def strength(self) -> float:
        """The one knob, in [0, 1]."""
        return self._strength

    @strength.setter
    def strength(self, value: float) -> None:
        self._strength = fraction("strength", value)

    @property
    def acts(self) -> bool:
        """Whether anything is to happen: in training mode, with a strength above 0."""
        return self.training and self._strength > 0

    def set_epoch(self, epoch: int) -> None:
        """Draw other numbers for the same samples from here on, as `DistributedSampler.set_epoch` does.

        Args:
            epoch: counted from 0.
        """
        self.epoch = epoch

    def draws(self, samples: int, device: torch.device, index: Tensor | None) -> Draws:
        """The numbers of a batch, this method's own.

        Args:
            samples: N.
            device: of the batch.
            index: int64, shape (N,), places in the data set; None where they are not known.

        Raises:
            ValueError: if index has another length.
            TypeError: if it is no tensor.
        """
        return self.common_draws(samples, device, index).named(self.card.name)

    def common_draws(self, samples: int, device: torch.device, index: Tensor | None) -> Draws:
        """As `draws`, but the same for every method of one seed: for those whose streams are theirs alone."""
        if index is None:
            return drawn(samples, generator=self.generator, device=device)
        if not isinstance(index, Tensor):
            raise TypeError(f"index must be a tensor of shape ({samples},), got {type(index).__name__}")
        if index.shape != (samples,):
            raise ValueError(f"index must be of shape ({samples},), one for each sample, got {tuple(index.shape)}")
        return keyed(index.to(device), seed=self.seed, epoch=self.epoch)

    def say_no_effect(self, why: str) -> None:
        """Warn that the method changes nothing, and why; once per place that calls it."""
        warnings.warn(f"{self.card.name} has no effect: {why}", NoEffectWarning, stacklevel=3)
