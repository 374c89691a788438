"""Moves a share of each label to all classes alike."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.regularize.card import Card
from wellfit.regularize.labels.label_smoothing.card import CARD
from wellfit.regularize.method import Method, fraction


def smooth_labels(targets: Tensor, amount: float, *, classes: int | None = None, ignore_index: int = -100) -> Tensor:
    """Soft targets: `(1 - amount) * target + amount / C`.

    Args:
        targets: class numbers, int64, shape (N, ...), or chances, float, shape (N, C, ...).
        amount: in [0, 1].
        classes: C; needed for class numbers.
        ignore_index: class number of places that do not count; their row is all 0 and stays so.

    Returns:
        Chances, shape (N, C, ...); float32 for class numbers.

    Raises:
        ValueError: amount outside [0, 1], classes missing, or a class number outside [0, C).
        TypeError: targets that are no tensor.

    Example:
        >>> import torch
        >>> smooth_labels(torch.tensor([1, -100]), 0.2, classes=4)
        tensor([[0.0500, 0.8500, 0.0500, 0.0500],
                [0.0000, 0.0000, 0.0000, 0.0000]])
    """
    fraction("amount", amount)
    if not isinstance(targets, Tensor):
        raise TypeError(f"targets must be a tensor, got {type(targets).__name__}")
    chances = targets if targets.is_floating_point() else _one_hot(targets, classes, ignore_index)
    return (1 - amount) * chances + amount * chances.mean(1, keepdim=True)


def _one_hot(targets: Tensor, classes: int | None, ignore_index: int) -> Tensor:
    if classes is None or classes < 1:
        raise ValueError(f"classes must be >= 1 where targets are class numbers, got {classes}")
    counts = targets != ignore_index
    wrong = counts & ((targets < 0) | (targets >= classes))
    if wrong.any():
        raise ValueError(f"targets must lie in [0, {classes}) or be {ignore_index}, got {int(targets[wrong][0])}")
    hot = F.one_hot(targets.where(counts, 0).long(), classes) * counts[..., None]
    return hot.movedim(-1, 1).float()


def soft_cross_entropy(logits: Tensor, targets: Tensor, *, ignore_index: int = -100) -> Tensor:
    """Cross entropy with soft or hard targets; the mean is over the places that count.

    With soft ones those are the places whose row is not all 0. `F.cross_entropy` divides by all places there, so that
    ignored ones would shrink the loss.

    Args:
        logits: float, shape (N, C, ...).
        targets: chances, float, the same shape; or class numbers, int64, shape (N, ...).
        ignore_index: class number of places that do not count.

    Returns:
        float, shape (); 0 where nothing counts.

    Raises:
        ValueError: if the shapes of logits and chances differ.
    """
    if not targets.is_floating_point():
        losses = F.cross_entropy(logits, targets, ignore_index=ignore_index, reduction="sum")
        return losses / (targets != ignore_index).sum().clamp(min=1)
    if logits.shape != targets.shape:
        raise ValueError(f"targets must be of shape {tuple(logits.shape)} as logits, got {tuple(targets.shape)}")
    losses = F.cross_entropy(logits, targets, reduction="sum")
    return losses / (targets.sum(1) > 0).sum().clamp(min=1)


def mass_moved(targets: Tensor) -> float:
    """The mean share of a label that is not on its likeliest class: by smoothing, mixing or both.

    Smoothing and mixing add up, since each blurs what the other left. Watch it when both are on.

    Args:
        targets: chances, float, shape (N, C, ...); rows of 0 do not count.

    Returns:
        In [0, 1); 0 for hard targets, and where nothing counts.

    Example:
        >>> import torch
        >>> round(mass_moved(smooth_labels(torch.tensor([0, 1]), 0.1, classes=10)), 3)
        0.09
    """
    sums = targets.sum(1)
    counts = sums > 0
    shares = 1 - targets.amax(1)[counts] / sums[counts]
    return float(shares.mean()) if counts.any() else 0.0


class LabelSmoothing(Method):
    """Makes targets soft in training mode, and hands them through in evaluation mode.

    Takes hard and soft targets, so that it may follow mixup: what is moved then adds up (`mass_moved`). With class
    numbers alone `nn.CrossEntropyLoss(label_smoothing=...)` does the same; this one has a strength and an evaluation
    mode, so that a validation loss is that of the plain labels.

    Args:
        amount: share that is moved at strength 1, in [0, 1].
        classes: C; needed for class numbers.
        ignore_index: class number of places that do not count.
        strength: in [0, 1], scales amount.
        seed: without effect, nothing is drawn.
        generator: without effect.

    Raises:
        ValueError: if amount or strength lies outside [0, 1].

    Example:
        >>> import torch
        >>> LabelSmoothing(0.1, classes=2)(torch.tensor([0, 1]))
        tensor([[0.9500, 0.0500],
                [0.0500, 0.9500]])
    """

    card: ClassVar[Card] = CARD

    def __init__(  # noqa: PLR0913 - three of its own and the three of every method
        self,
        amount: float = 0.1,
        *,
        classes: int | None = None,
        ignore_index: int = -100,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.amount = fraction("amount", amount)
        self.classes = classes
        self.ignore_index = ignore_index

    def forward(self, targets: Tensor) -> Tensor:
        """Soft targets.

        Args:
            targets: class numbers, int64, shape (N, ...), or chances, float, shape (N, C, ...).

        Returns:
            Chances, shape (N, C, ...); the targets themselves in evaluation mode.

        Raises:
            ValueError: as `smooth_labels`.
        """
        if not self.acts:
            return targets
        amount = self.amount * self.strength
        return smooth_labels(targets, amount, classes=self.classes, ignore_index=self.ignore_index)

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"amount={self.amount}, classes={self.classes}, strength={self.strength}"
