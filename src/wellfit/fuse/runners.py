"""Trials under way, at once or one after another, behind the same four calls."""

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from wellfit.fuse.alone import Training
from wellfit.fuse.anatomy import Anatomy
from wellfit.fuse.built import Group, Trial
from wellfit.fuse.feed import Feed
from wellfit.fuse.task import Batch, FusedTask
from wellfit.fuse.together import Together


class Runner(Protocol):
    """Trials that are trained on and on."""

    @property
    def trials(self) -> Sequence[Trial]:
        """Those still under way."""

    def advance(self, steps: int) -> list[list[float]]:
        """Train on.

        Args:
            steps: >= 1.

        Returns:
            Losses before each step, for each trial; the first that is not finite is the last.
        """

    def evaluate(self, batches: Sequence[Batch]) -> list[dict[str, float]]:
        """Loss, under "", and metrics by name over the batches, for each trial."""

    def keep(self, kept: Sequence[int]) -> None:
        """Let go of all others.

        Args:
            kept: places among `trials`, ascending.
        """

    def state(self, place: int) -> dict[str, Tensor]:
        """Parameters and buffers of one trial, by name; copies."""


class AtOnce:
    """Trials of one group at once.

    Args:
        task: the training.
        group: whose trials they are.
        anatomy: of one of them.
    """

    def __init__(self, task: FusedTask, group: Group, anatomy: Anatomy) -> None:
        self.trials: Sequence[Trial] = group.trials
        self._together = Together(task, group, anatomy)

    def advance(self, steps: int) -> list[list[float]]:
        """Train on."""
        losses = torch.stack([self._together.step() for _ in range(steps)], 1)
        return [until_not_finite(row) for row in losses.tolist()]

    def evaluate(self, batches: Sequence[Batch]) -> list[dict[str, float]]:
        """Loss and metrics for each trial."""
        found = self._together.evaluate(batches)
        return [{name: values[i] for name, values in found.items()} for i in range(len(self.trials))]

    def keep(self, kept: Sequence[int]) -> None:
        """Let go of all others."""
        self.trials = [self.trials[i] for i in kept]
        if kept:
            self._together.keep(kept)

    def state(self, place: int) -> dict[str, Tensor]:
        """Parameters and buffers of one trial."""
        return self._together.stack.state(place)


class InTurn:
    """Trials one after another, each up to the next report.

    Args:
        task: the training.
        trials: their models are trained in place.
    """

    def __init__(self, task: FusedTask, trials: Sequence[Trial]) -> None:
        self.trials = trials
        self._trainings = [Training(task, trial) for trial in trials]
        self._feeds = [Feed(task, [trial.seed]) for trial in trials]

    def advance(self, steps: int) -> list[list[float]]:
        """Train on."""
        return [_steps(t, f, steps) for t, f in zip(self._trainings, self._feeds, strict=True)]

    def evaluate(self, batches: Sequence[Batch]) -> list[dict[str, float]]:
        """Loss and metrics for each trial."""
        return [training.evaluate(batches) for training in self._trainings]

    def keep(self, kept: Sequence[int]) -> None:
        """Let go of all others."""
        self.trials = [self.trials[i] for i in kept]
        self._trainings = [self._trainings[i] for i in kept]
        self._feeds = [self._feeds[i] for i in kept]

    def state(self, place: int) -> dict[str, Tensor]:
        """Parameters and buffers of one trial."""
        return {n: t.detach().clone() for n, t in self._trainings[place].model.state_dict().items()}


def until_not_finite(losses: list[float]) -> list[float]:
    """Losses up to the first that is not finite, that one included."""
    return next((losses[: i + 1] for i, loss in enumerate(losses) if not math.isfinite(loss)), losses)


def _steps(training: Training, feed: Feed, steps: int) -> list[float]:
    losses = [training.step(feed.next()) for _ in range(steps)]
    return until_not_finite(torch.stack(losses).tolist())
