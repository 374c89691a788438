"""What trials that may be trained at once have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

Setting = Mapping[str, float | int | str]
"""Hyperparameters of one trial by name."""

Batch = tuple[Any, Any]
"""Inputs and targets: a tensor, or a tuple, list or dict of tensors, each; the first axis counts samples."""

Loss = Callable[[Any, Any], Tensor]
"""From outputs and targets to the mean over the batch, shape (), or one value a sample, shape (B,)."""


@dataclass(frozen=True)
class FusedTask:
    """A training as a function of its hyperparameters.

    Args:
        build: makes the model from a setting; called once a trial, with torch's generator seeded by the trial's seed.
        loss: of outputs and targets; its mean is minimized.
        batches: from a seed to the training batches of that seed, gone through again where they end; a DataLoader; or
            `TensorBatches`, the quickest. Batches of all seeds have the same shape at the same step.
        steps: >= 1; optimizer steps of each trial.
        validation: batches that each report is measured on; empty where there are none.
        optimizer: "adamw", "adam" or "sgd".
        metrics: by name, from outputs and targets to a mean over the batch, shape (); measured on validation data.
        device: where trials are trained.
        test: batches that chose nothing: looked at behind the last step alone, and only where that is asked for.

    Raises:
        ValueError: steps or optimizer is out of range.
    """

    build: Callable[[Setting], nn.Module]
    loss: Loss
    batches: Callable[[int], Iterable[Batch]] | Iterable[Batch]
    steps: int
    validation: Sequence[Batch] = ()
    optimizer: str = "adamw"
    metrics: Mapping[str, Callable[[Any, Any], Tensor]] = field(default_factory=dict)
    device: torch.device | str = "cpu"
    test: Sequence[Batch] = ()

    def __post_init__(self) -> None:
        mistakes = []
        if not isinstance(self.steps, int) or self.steps < 1:
            mistakes.append(f"steps must be a whole number >= 1, got {self.steps!r}")
        if self.optimizer not in KINDS:
            mistakes.append(f"optimizer must be one of {', '.join(KINDS)}, got {self.optimizer!r}")
        if mistakes:
            raise ValueError("; ".join(mistakes))


KINDS = ("adamw", "adam", "sgd")
"""Optimizers that can be stacked, by torch's formulas."""
