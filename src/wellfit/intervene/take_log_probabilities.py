"""Hand log-probabilities to a loss that takes them."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.intervene.replaced_call import Call, ReplacedCall, arguments

CLASSES = 1
"""The dimension along which loss functions read classes."""


class TakeLogProbabilities(ReplacedCall):
    """A softmax at the line becomes a log-softmax; scores that the line hands to a loss go through one first.

    With `function`, which of the two: "softmax", "sigmoid", or the loss, "nll_loss" or "cross_entropy". Probabilities
    that reach a loss from elsewhere, as from a compiled model, are known by their values, and their logarithm is taken:
    cross_entropy of it is that of the scores behind them.
    """

    name = "take_log_probabilities"
    changes_loss = True
    options = frozenset({"function"})
    functions = ("softmax", "sigmoid", "nll_loss", "cross_entropy")

    def replace(self, original: Call, given: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The logarithm of what would have been handed on, or the loss of it."""
        self.applied()
        if original.__name__ in ("nll_loss", "cross_entropy"):
            args, kwargs = arguments(_log_of(given), args, kwargs)
            return original(*args, **kwargs)
        if original.__name__ == "softmax":
            dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
            return F.log_softmax(given, _usual_dim(given) if dim is None else dim, dtype=kwargs.get("dtype"))
        return F.log_softmax(given, _usual_dim(given))


def _log_of(given: Tensor) -> Tensor:
    with torch.no_grad():
        sums = given.sum(CLASSES) if given.dim() > 1 else given.sum()
        unit = bool((given >= 0).all() and torch.allclose(sums.float(), torch.ones_like(sums.float()), atol=1e-2))
    return given.clamp_min(torch.finfo(given.dtype).tiny).log() if unit else F.log_softmax(given, _usual_dim(given))


def _usual_dim(given: Tensor) -> int:
    return CLASSES if given.dim() > 1 else 0
