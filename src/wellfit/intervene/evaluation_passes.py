"""Answers that are the same for every sample, and what they are worth on what an evaluation holds them against."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from wellfit.intervene.intervention import wrap
from wellfit.model.events.deep import EvaluationPass

MOST_PASSES = 64
"""Passes that are written."""

FREQUENT = 0.5
"""A class is answered where it is at least so frequent as the most frequent one."""

APART = 0.25
"""Deviations of the targets by which the answers of three passes in a row lie apart."""

MOST_KEPT = 1 << 16
"""Training targets that the constants are chosen by."""


@dataclass
class _Batch:
    """Targets of one call: of classes, how many are right; of numbers, squares around the answer and their mean."""

    samples: int
    values: int
    right: float
    total: float = 0.0
    squares: float = 0.0
    error: float = 0.0


@dataclass
class _Pass:
    key: tuple[int, int]
    batches: list[_Batch] = field(default_factory=list)


class ConstantAnswers:
    """Chooses one answer for each pass over some data: the majority class or the mean first, others in later passes.

    Args:
        steps: tells how many optimizer steps have ended; an evaluation has none within it.
    """

    def __init__(self, steps: Callable[[], int]) -> None:
        self._steps = steps
        self._loaders = 0
        self._seen: list[Tensor] = []
        self._passes: list[_Pass] = []

    def install(self) -> None:
        """Hear of each pass over a loader."""
        wrap((DataLoader,), "__iter__", self._around_iterating)

    def learn(self, target: Tensor) -> None:
        """Take the targets of a training batch in."""
        if sum(t.numel() for t in self._seen) < MOST_KEPT:
            self._seen.append(target.detach().flatten().cpu())

    def answer(self, target: Tensor) -> Tensor:
        """What to answer in place of these targets, for which the pass is noted."""
        key = self._steps(), self._loaders
        if not self._passes or self._passes[-1].key != key:
            self._passes.append(_Pass(key))
        are_numbers = _are_numbers(target)
        constant = self._number() if are_numbers else self._class()
        self._passes[-1].batches.append((_of_numbers if are_numbers else _of_classes)(target, constant))
        return torch.full_like(target, constant)

    def passes(self) -> tuple[EvaluationPass, ...]:
        """What the answers are worth in each."""
        return tuple(_worth(one.batches) for one in self._passes[:MOST_PASSES])

    def _around_iterating(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def iterate(loader: Any) -> Any:
            self._loaders += 1
            return original(loader)

        return iterate

    def _class(self) -> float:
        counts = Counter(torch.cat(self._seen).tolist()).most_common()
        frequent = [value for value, count in counts if count >= FREQUENT * counts[0][1]]
        return float(frequent[(len(self._passes) - 1) % len(frequent)])

    def _number(self) -> float:
        values = torch.cat(self._seen).double()
        shift = (len(self._passes) - 1) % 3
        return float(values.mean()) + shift * APART * float(values.std())


def _are_numbers(target: Tensor) -> bool:
    return target.is_floating_point() and not bool(((target == 0) | (target == 1)).all())


def _of_classes(target: Tensor, constant: float) -> _Batch:
    return _Batch(len(target), target.numel(), float((target == constant).sum()))


def _of_numbers(target: Tensor, constant: float) -> _Batch:
    values = target.double()
    error = float((values - torch.full_like(target, constant).double()).square().sum())
    return _Batch(len(target), target.numel(), math.nan, float(values.sum()), float(values.square().sum()), error)


def _worth(batches: list[_Batch]) -> EvaluationPass:
    whole = _Batch(*(sum(numbers) for numbers in zip(*map(_numbers, batches), strict=True)))
    scores = [_score(batch) for batch in batches]
    return EvaluationPass(
        batches=len(batches),
        samples=whole.samples,
        first=batches[0].samples,
        last=batches[-1].samples,
        of_all=_score(whole),
        of_batches=sum(scores) / len(scores),
        of_last=scores[-1],
    )


def _numbers(batch: _Batch) -> Iterator[Any]:
    yield from (batch.samples, batch.values, batch.right, batch.total, batch.squares, batch.error)


def _score(batch: _Batch) -> float:
    """Share of right answers; of numbers, the part of their variance that is explained."""
    if not math.isnan(batch.right):
        return batch.right / batch.values
    spread = batch.squares - batch.total**2 / batch.values
    return 1 - batch.error / spread if spread > 0 else math.nan
