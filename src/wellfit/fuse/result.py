"""What came of each trial."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from wellfit.fuse.task import Setting


@dataclass(frozen=True)
class Point:
    """One report of one trial.

    Attributes:
        step: optimizer steps made, >= 1.
        training_loss: mean over the steps since the last report; not finite where one of them was not.
        validation_loss: mean over the validation samples; nan where there are none.
        metrics: means over the validation samples, by name.
    """

    step: int
    training_loss: float
    validation_loss: float = math.nan
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FusedResult:
    """One trial, as far as it went.

    Attributes:
        index: place among all trials: settings in their order, and for each the seeds in theirs.
        setting: as it was given.
        seed: of weights, order, dropouts and noise.
        curve: reports, the last one of the last step.
        losses: training loss before each step; the first that is not finite is the last.
        fused: whether it was trained with others at once.
        reason: why, or why not: what the probe measured.
        failed_at: step whose loss was not finite, from 0; None where all were.
        pruned_at: steps made when it was pruned; None where it was not.
        state: parameters and buffers by name, where they were asked for.
        test: loss, under "loss", and metrics by name over the test batches; empty where they were not asked for, and
            where the trial failed or was pruned.
    """

    index: int
    setting: Setting
    seed: int
    curve: tuple[Point, ...]
    losses: tuple[float, ...]
    fused: bool
    reason: str
    failed_at: int | None = None
    pruned_at: int | None = None
    state: Mapping[str, Tensor] | None = None
    test: Mapping[str, float] = field(default_factory=dict)

    @property
    def validation_loss(self) -> float:
        """At the last report; nan where nothing was measured."""
        return self.curve[-1].validation_loss if self.curve else math.nan
