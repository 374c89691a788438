"""Cross-entropy over few classes, quick where many trials are stacked, and with smoothing that differs by trial."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

PLAIN = {"size_average": None, "reduce": None, "weight": None}
"""Arguments of `F.cross_entropy` that must be as they are for the quick way."""


SCORES_AND_CLASSES = (2, 1)
"""Axes of the two."""


def is_plain(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether a call is of scores (B, C) and classes (B,), without weights and probabilities."""
    if len(args) != len(SCORES_AND_CLASSES) or any(options.get(name) is not value for name, value in PLAIN.items()):
        return False
    scores, classes = args
    return (scores.dim(), classes.dim()) == SCORES_AND_CLASSES and not classes.is_floating_point()


def cross_entropy(scores: Tensor, classes: Tensor, smoothing: float | Tensor | None, options: dict[str, Any]) -> Tensor:
    """`F.cross_entropy` of a plain call, or of one for each trial.

    The classes come first within: torch's softmax over a short last axis takes one row at a time, over another axis a
    whole vector register of rows.

    Args:
        scores: shape (B, C), or (K, B, C).
        classes: int64, shape (B,), or (K, B).
        smoothing: mass that is spread over all classes, in [0, 1), for K trials of shape (K, 1); None for none.
        options: `reduction` and `ignore_index`.

    Returns:
        Shape () or (K,); with the reduction "none" that of classes.
    """
    logs = torch.log_softmax(scores.movedim(-1, 0).contiguous(), 0)  # (C, B), or (C, K, B)
    counted = classes != options.get("ignore_index", -100)
    losses = -logs.gather(0, torch.where(counted, classes, 0)[None])[0]
    if smoothing is not None:
        losses = losses * (1 - smoothing) - logs.mean(0) * smoothing
    losses = torch.where(counted, losses, 0.0)
    reduction = options.get("reduction", "mean")
    if reduction == "none":
        return losses
    return losses.sum(-1) / counted.sum(-1) if reduction == "mean" else losses.sum(-1)


def blended(call: Callable[[float], Tensor], smoothing: float | Tensor) -> Tensor:
    """Any cross-entropy with smoothing: it is linear in the mass, so two calls give all others.

    Args:
        call: the cross-entropy from its `label_smoothing`.
        smoothing: in [0, 1).
    """
    return call(0.0) * (1 - smoothing) + call(1.0) * smoothing
