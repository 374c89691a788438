"""Leaves a residual branch out for some samples, and makes up for it in the others."""

from typing import ClassVar

import torch
from torch import Tensor

from wellfit.regularize.card import Card
from wellfit.regularize.method import Method, fraction
from wellfit.regularize.weights.stochastic_depth.card import CARD

_KEEP = 1
"""Stream of the coins."""


def scale_branch(branch: Tensor, keep: Tensor, p: float) -> Tensor:
    """What is left of a branch where some samples go without it.

    `branch * keep / (1 - p)`, so that its mean over the coins is the branch itself.

    Args:
        branch: float, shape (N, ...), what is about to be added to its input.
        keep: bool, shape (N,), True with chance 1 - p.
        p: chance to be left out, in [0, 1]; at 1 all is 0.

    Returns:
        As branch, in its dtype.

    Raises:
        ValueError: if p lies outside [0, 1], or branch holds no samples, or there is not one coin for each.
        TypeError: if branch is no tensor of floats.
    """
    fraction("p", p)
    _check(branch)
    if keep.shape != branch.shape[:1]:
        raise ValueError(f"keep must be of shape {tuple(branch.shape[:1])}, got {tuple(keep.shape)}")
    factors = keep.to(branch.dtype) / (1 - p) if p < 1 else torch.zeros_like(keep, dtype=branch.dtype)
    return branch * factors.reshape(-1, *[1] * (branch.dim() - 1))


def _check(branch: Tensor) -> None:
    if not isinstance(branch, Tensor) or not branch.is_floating_point():
        kind = branch.dtype if isinstance(branch, Tensor) else type(branch).__name__
        raise TypeError(f"branch must be a tensor of floats, got {kind}")
    if branch.dim() == 0:
        raise ValueError("branch must be of shape (N, ...), got ()")


class StochasticDepth(Method):
    """Leaves its input out for whole samples: write `x + drop(branch(x))`.

    The sum of a residual connection stands in a forward function, where nothing can put this in with certainty: so
    there is no function that adds it to a finished model. Each block has one of its own, with `seed=` of its own where
    samples have an index: with one seed all blocks would leave out the same samples.

    Args:
        p: chance to be left out at strength 1, in [0, 1]; usually rising with depth from 0 to this.
        strength: in [0, 1], scales p.
        seed: of the coins of samples with an index.
        generator: of the coins of the others.

    Raises:
        ValueError: if p or strength lies outside [0, 1].

    Example:
        >>> import torch
        >>> drop = StochasticDepth(0.5, generator=torch.Generator().manual_seed(0))
        >>> drop(torch.ones(4, 1)).flatten().tolist()
        [0.0, 0.0, 0.0, 2.0]

    Source:
        Huang et al. 2016, Deep networks with stochastic depth (recalled); ConvNeXt's and DeiT's scripts call it
        drop-path.
    """

    card: ClassVar[Card] = CARD

    def __init__(
        self, p: float = 0.1, *, strength: float = 1.0, seed: int = 0, generator: torch.Generator | None = None
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.p = fraction("p", p)

    def forward(self, branch: Tensor, index: Tensor | None = None) -> Tensor:
        """The branch, without some of its samples.

        Args:
            branch: float, shape (N, ...).
            index: int64, shape (N,), places in the data set.

        Returns:
            As branch; itself in evaluation mode.

        Raises:
            ValueError: if branch holds no samples, or index does not fit them.
            TypeError: if branch is no tensor of floats.
        """
        p = self.p * self.strength
        if not self.acts or p == 0:
            return branch
        _check(branch)
        draws = self.draws(branch.shape[0], branch.device, index)
        return scale_branch(branch, ~draws.coins(_KEEP, p), p)

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"p={self.p}, strength={self.strength}"
