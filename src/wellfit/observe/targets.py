"""The targets of an evaluation, found in the variables beside the model's call by what the training's look like.

Either a variable holds them, or the rows that the model is given are rows of a longer variable, as of `images[rows]`,
and a variable as long as that holds the targets at the same rows. The same search at a training call must have
found the very targets that reached the training loss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from wellfit.observe.variables import Variable, as_tensor, is_equal, numbers

MOST_LOOKED_AT = 1 << 21
"""Values of a long variable that are read to find rows in it."""

MOST_COLUMNS = 64
"""Values of a row that it is found by; all of it is compared then."""

MOST_LONG = 4
"""Variables longer than the batch in which its rows are looked for."""


@dataclass
class TargetKind:
    """What the targets of the training look like, as they lie in a variable.

    Args:
        whole: integers or truth values, not floats.
        trailing: shape of one sample's target.
        low: the least value.
        high: the greatest value.
        given: they are the model's input, as of an autoencoder.
    """

    whole: bool
    trailing: tuple[int, ...]
    low: float
    high: float
    given: bool

    def widen(self, target: Tensor) -> None:
        """Take the values of another batch in."""
        low, high = _range(target)
        self.low, self.high = min(self.low, low), max(self.high, high)

    def fits(self, variable: Variable, samples: int) -> bool:
        """Whether a variable holds such targets for so many samples."""
        if tuple(variable.shape) != (samples, *self.trailing) or _is_whole(variable) is not self.whole:
            return False
        low, high = _range(variable)
        slack = 0.0 if self.whole else self.high - self.low
        return self.low - slack <= low and high <= self.high + slack


def learn_kind(levels: list[list[Variable]], given: Tensor, target: Tensor) -> TargetKind | None:
    """What the targets look like, if the search finds the very targets of a loss and nothing else like them."""
    for variables in levels:
        found = list(_candidates(variables, given))
        matching = next((v for v in found if is_equal(v, target)), None)
        if matching is not None:
            kind = _kind_of(matching, given)
            others = (v for v in found if kind.fits(v, len(given)) and not is_equal(v, target))
            return kind if next(others, None) is None else None
    return None


def find_target(levels: Iterator[list[Variable]], kind: TargetKind, given: Tensor) -> Tensor | None:
    """The only targets beside a call, or None where there are none, or different ones."""
    for variables in levels:
        fitting = [v for v in _candidates(variables, given) if kind.fits(v, len(given))]
        if not kind.given:
            fitting = [v for v in fitting if v is not given]
        if fitting:
            return as_tensor(fitting[0]) if all(is_equal(fitting[0], other) for other in fitting[1:]) else None
    return None


def _candidates(variables: list[Variable], given: Tensor) -> Iterator[Variable]:
    """What may hold one target a sample: as it lies there, or at the rows that the samples were taken from."""
    samples = len(given)
    yield from (v for v in variables if len(v) == samples)
    longer = [v for v in variables if len(v) > samples and tuple(v.shape[1:]) == tuple(given.shape[1:])]
    for variable in longer[:MOST_LONG]:
        rows = _rows_of(given, variable)
        if rows is not None:
            yield from (_at(v, rows) for v in variables if len(v) == len(variable) and v is not variable)


def _at(variable: Variable, rows: "np.ndarray[Any, Any]") -> Variable:
    """Some rows of a variable."""
    some: np.ndarray[Any, Any] = numbers(variable)[rows]
    return some


def _rows_of(given: Tensor, variable: Variable) -> "np.ndarray[Any, Any] | None":
    """At which rows of a variable the samples lie; None where some do not."""
    wanted, whole = numbers(given), numbers(variable)
    if whole.size > MOST_LOOKED_AT * 4 or wanted.dtype.kind != whole.dtype.kind:
        return None
    wanted, whole = wanted.reshape(len(wanted), -1), whole.reshape(len(whole), -1).astype(wanted.dtype, copy=False)
    columns = np.linspace(0, wanted.shape[1] - 1, min(MOST_COLUMNS, wanted.shape[1])).astype(np.int64)
    codes, sought = _codes(whole[:, columns]), _codes(wanted[:, columns])
    order = np.argsort(codes, kind="stable")
    rows = order[np.minimum(np.searchsorted(codes[order], sought), len(order) - 1)]
    return rows if np.array_equal(whole[rows], wanted) else None


def _codes(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """One number a row, equal for equal rows and hardly ever else."""
    unsigned = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[values.dtype.itemsize]
    bits = np.ascontiguousarray(values).view(unsigned).astype(np.uint64)
    factors = np.arange(1, 2 * values.shape[1], 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    codes: np.ndarray[Any, Any] = (bits * factors).sum(axis=1, dtype=np.uint64)
    return codes


def _kind_of(variable: Variable, given: Tensor) -> TargetKind:
    return TargetKind(
        _is_whole(variable), tuple(variable.shape[1:]), *_range(variable), given=is_equal(variable, given)
    )


def _is_whole(variable: Variable) -> bool:
    if isinstance(variable, Tensor):
        return not variable.is_floating_point()
    return variable.dtype.kind in "iub"


def _range(variable: Variable) -> tuple[float, float]:
    values = numbers(variable)
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
