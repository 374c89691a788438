"""The targets of an evaluation, found in the variables beside the model's call by what the training's look like.

Either a variable holds them, or the rows that the model is given are rows of a longer variable, as of `images[rows]`,
and a variable as long as that holds the targets at the same rows. The same search at a training call must have
found the very targets that reached the training loss.
"""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from wellfit.observe.variables import Slot, Slots, Variable, as_tensor, is_equal, numbers

MOST_LOOKED_AT = 1 << 21
"""Values of a long variable that are read to find rows in it."""

MOST_COLUMNS = 64
"""Values of a row that it is found by; all of it is compared then."""

MOST_LONG = 4
"""Variables longer than the batch in which its rows are looked for."""


@dataclass
class TargetKind:
    """What the targets of the training look like, as they lie in variables, and where.

    Args:
        dtypes: of the variables that held them.
        trailing: shape of one sample's target.
        low: the least value.
        high: the greatest value.
        given: they are the model's input, as of an autoencoder.
        pairs: slots of a training batch's input and of its targets.
        proven: slots that held the targets of an evaluation, and nothing else beside looked like them.
        sources: long variables that held the targets at the rows of the input.
    """

    dtypes: frozenset[str]
    trailing: tuple[int, ...]
    low: float
    high: float
    given: bool
    pairs: list[tuple[Slot, Slot]] = field(default_factory=list)
    proven: set[Slot] = field(default_factory=set)
    sources: list[Any] = field(default_factory=list)

    def widen(self, target: Tensor) -> None:
        """Take the values of another batch in."""
        low, high = _range(target)
        self.low, self.high = min(self.low, low), max(self.high, high)

    def fits(self, variable: Variable, samples: int) -> bool:
        """Whether a variable holds such targets for so many samples."""
        if tuple(variable.shape) != (samples, *self.trailing) or _dtype(variable) not in self.dtypes:
            return False
        low, high = _range(variable)
        slack = self.high - self.low if _is_float(variable) else 0.0
        return self.low - slack <= low and high <= self.high + slack

    def is_source(self, variable: Variable) -> bool:
        """Whether a long variable held the training's targets."""
        return any(known() is variable for known in self.sources)

    def is_of_training(self, slot: Slot, slots: Slots, given: Tensor) -> bool:
        """Whether a slot holds the targets of another batch, whose input still lies beside it."""
        inputs = [slots.get(one) for one, other in self.pairs if other == slot]
        return any(v is not None and not is_equal(v, given) for v in inputs)


def learn_kind(levels: list[Slots], given: Tensor, target: Tensor) -> TargetKind | None:
    """What the targets look like, if the very targets of a loss lie in the variables beside the model's call."""
    for slots in levels:
        direct = {slot: v for slot, v in slots.items() if len(v) == len(given) and is_equal(v, target)}
        sources = [v for v, at_rows in _at_rows(slots, given) if is_equal(at_rows, target)]
        found = [*direct.values(), *(v[: len(given)] for v in sources)]
        if found:
            inputs = [slot for slot, v in slots.items() if len(v) == len(given) and is_equal(v, given)]
            first = found[0]
            return TargetKind(
                frozenset(map(_dtype, found)),
                tuple(first.shape[1:]),
                *_range(target),
                given=is_equal(target, given),
                pairs=[(one, other) for one in inputs for other in direct],
                sources=[weakref.ref(v) for v in sources],
            )
    return None


def find_target(levels: Iterator[Slots], kind: TargetKind, given: Tensor) -> Tensor | None:
    """The only targets beside a call, or None where there are none, or different ones."""
    for slots in levels:
        fitting = {
            slot: v
            for slot, v in slots.items()
            if kind.fits(v, len(given))
            and (kind.given or v is not given)
            and not kind.is_of_training(slot, slots, given)
        }
        found = _only(v for slot, v in fitting.items() if slot in kind.proven)
        if found is None:
            found = _only(fitting.values())
            kind.proven.update(fitting if found is not None else ())
        if found is None:
            found = _from_rows(slots, kind, given)
        if found is not None or fitting:
            return None if found is None else as_tensor(found)
    return None


def _from_rows(slots: Slots, kind: TargetKind, given: Tensor) -> Variable | None:
    at_rows = [(v, values) for v, values in _at_rows(slots, given) if kind.fits(values, len(given))]
    known = _only(values for v, values in at_rows if kind.is_source(v))
    return _only(values for _, values in at_rows) if known is None else known


def _only(variables: Iterable[Variable]) -> Variable | None:
    """The first, where all are the same."""
    found = list(variables)
    return found[0] if found and all(is_equal(found[0], other) for other in found[1:]) else None


def _at_rows(slots: Slots, given: Tensor) -> Iterator[tuple[Variable, Variable]]:
    """Long variables beside one that holds all samples, with what they hold for each sample."""
    longer = [v for v in slots.values() if len(v) > len(given) and tuple(v.shape[1:]) == tuple(given.shape[1:])]
    seen: set[int] = set()
    for variable in longer[:MOST_LONG]:
        rows = _rows_of(given, variable)
        for other in slots.values() if rows is not None else ():
            if len(other) == len(variable) and other is not variable and id(other) not in seen:
                seen.add(id(other))
                yield other, _at(other, rows)


def _at(variable: Variable, rows: "np.ndarray[Any, Any] | None") -> Variable:
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
    bits += np.arange(1, values.shape[1] + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # else rounded values agree by accident
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    codes: np.ndarray[Any, Any] = (bits ^ (bits >> np.uint64(31))).sum(axis=1, dtype=np.uint64)
    return codes


def _dtype(variable: Variable) -> str:
    return str(variable.dtype).removeprefix("torch.")


def _is_float(variable: Variable) -> bool:
    return variable.is_floating_point() if isinstance(variable, Tensor) else variable.dtype.kind == "f"


def _range(variable: Variable) -> tuple[float, float]:
    values = numbers(variable)
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
