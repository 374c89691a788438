"""Draws of a Beta distribution from numbers that belong to samples."""

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws

_PROPOSALS = 8
"""Each is taken with a chance of 0.95 or more, so that none of them is in one of 2e10 draws; then the first serves."""


def symmetric_beta(draws: Draws, stream: int, alpha: float) -> Tensor:
    """Shares from Beta(alpha, alpha), each from its sample's own numbers.

    Args:
        draws: of N samples.
        stream: the first of six that it uses.
        alpha: above 0; small ones give shares near 0 and 1.

    Returns:
        float32, shape (N,), in [0, 1].

    Source:
        A Beta is one of two Gammas over their sum; Marsaglia and Tsang 2000, A simple method for generating gamma
        variables. In logarithms, since with an alpha of 0.1 a Gamma is often too small for a float32.
    """
    return torch.sigmoid(_log_gamma(draws, stream, alpha) - _log_gamma(draws, stream + 3, alpha))


def _log_gamma(draws: Draws, stream: int, alpha: float) -> Tensor:
    """Logarithm of a Gamma(alpha) draw: one of Gamma(alpha + 1), times a uniform number to the power 1 / alpha."""
    d = alpha + 2 / 3
    z = draws.normal(stream, _PROPOSALS)  # (N, K)
    v = (1 + z / (9 * d) ** 0.5).clamp(min=1e-6) ** 3
    bound = z**2 / 2 + d - d * v + d * v.log()
    taken = (-draws.uniform(stream + 1, _PROPOSALS)).log1p() < bound
    first = taken.int().argmax(1, keepdim=True)
    power: Tensor = torch.log1p(-draws.uniform(stream + 2)) / alpha
    return power.add(torch.log(d * v.gather(1, first)[:, 0]))
