"""Standardize what a model is called with, feature by feature."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.intervention import Intervention

BATCHES = 8
"""Training batches whose statistics are pooled; from then on they stand."""


class ScaleInputs(Intervention):
    """The float inputs of a model that the line calls have their mean taken away and are divided by their deviation.

    Both come from its first training batches, and serve for its evaluations as well. Features are the columns of a
    table, the last dimension of sequences, the channels of images.
    """

    name = "scale_inputs"

    def install(self) -> None:
        """Look at the calls of modules; those of one that was scaled once are scaled anywhere."""
        self._statistics: dict[int, _Statistics] = {}
        before_calls(self._before)

    def _before(self, module: Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if torch.compiler.is_compiling() or not is_outermost(beside=True):
            return None
        known = self._statistics.get(id(module))
        if known is None and not self.sites.is_here(self.cure.place):
            return None
        if not args or not _is_scalable(args[0]):
            self.refuse(f"{type(module).__name__} is not called with a batch of features as its first argument")
            return None
        known = self._statistics.setdefault(id(module), _Statistics())
        if torch.is_grad_enabled():
            known.add(args[0])
        self.applied()
        return (known.scale(args[0]), *args[1:])


class _Statistics:
    """Sums over the rows of the first batches, in double precision."""

    def __init__(self) -> None:
        self._batches = 0
        self._sums: tuple[Tensor, Tensor, Tensor] | None = None

    @torch.no_grad()
    def add(self, batch: Tensor) -> None:
        """One more training batch."""
        if self._batches >= BATCHES:
            return
        self._batches += 1
        rows = _rows(batch).double()
        new = torch.tensor(float(len(rows)), device=rows.device), rows.sum(0), rows.square().sum(0)
        old = self._sums
        self._sums = new if old is None else (old[0] + new[0], old[1] + new[1], old[2] + new[2])

    def scale(self, batch: Tensor) -> Tensor:
        """The batch with mean 0 and deviation 1 in each feature, as far as is known; constant features only move."""
        if self._sums is None:
            return batch
        count, total, squares = self._sums
        mean = total / count
        deviation = (squares / count - mean.square()).clamp_min(0).sqrt()
        deviation = torch.where(deviation > 0, deviation, torch.ones_like(deviation))
        shape = [1] * batch.dim()
        shape[_feature_dim(batch)] = -1
        return (batch - mean.to(batch).view(shape)) / deviation.to(batch).view(shape)


def _is_scalable(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.dim() in (2, 3, 4) and len(value) > 0


def _feature_dim(batch: Tensor) -> int:
    return 2 if batch.dim() == 3 else 1  # noqa: PLR2004 - samples, times, features


def _rows(batch: Tensor) -> Tensor:
    dim = _feature_dim(batch)
    return batch.detach().movedim(dim, -1).reshape(-1, batch.shape[dim])
