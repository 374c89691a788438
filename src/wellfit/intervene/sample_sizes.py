"""How large the samples of a data set are, and which are the largest."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader

MOST_LOOKED_AT = 64
"""Samples, spread over the data, by which it is known whether all are alike."""

MOST_ROWS = 1024
"""Largest samples that are named: a larger batch has some of them twice."""

LONGEST_S = 1.0
"""Seconds for looking at all of them, where they differ."""

DEEPEST = 4
"""Containers within containers that are looked into."""

UNREADABLE = (TypeError, ValueError, LookupError, AttributeError, RuntimeError, OSError)
"""What data sets raise that are read by other means than a row number."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of samples, in elements of all that they hold.

    Args:
        shortest: elements of the smallest one.
        longest: of the largest one.
        longest_rows: indices of the largest ones, the largest first; empty where all are alike.
        measured: how many were looked at.
    """

    shortest: int = 0
    longest: int = 0
    longest_rows: tuple[int, ...] = ()
    measured: int = 0


def measure(loader: DataLoader[Any]) -> Sizes:
    """Look at some of the samples, and at all of them, as far as time allows, where they differ.

    Args:
        loader: whose data set is read by row; one that refuses to is taken for one of equal samples.
    """
    try:
        rows = _rows_of(loader)
        some = rows[:: max(1, len(rows) // MOST_LOOKED_AT)][:MOST_LOOKED_AT]
        sizes = {row: elements(loader.dataset[row]) for row in some}
        if len(set(sizes.values())) > 1:
            sizes |= _all_sizes(loader.dataset, rows)
    except UNREADABLE:
        return Sizes()
    return _ranked(sizes)


def _ranked(sizes: Mapping[int, int]) -> Sizes:
    if not sizes:
        return Sizes()
    shortest, longest = min(sizes.values()), max(sizes.values())
    if shortest == longest:
        return Sizes(shortest, longest, (), len(sizes))
    ranked = sorted(sizes, key=lambda row: -sizes[row])
    return Sizes(shortest, longest, tuple(ranked[:MOST_ROWS]), len(sizes))


def _all_sizes(dataset: Any, rows: Sequence[int]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    ends = time.monotonic() + LONGEST_S
    for row in rows:
        sizes[row] = elements(dataset[row])
        if time.monotonic() > ends:
            break
    return sizes


def _rows_of(loader: DataLoader[Any]) -> Sequence[int]:
    """Indices that the loader may draw: those of a subset, or all."""
    indices = getattr(loader.sampler, "indices", None)
    if isinstance(indices, Sequence) or (isinstance(indices, torch.Tensor) and indices.dim() == 1):
        return [int(index) for index in indices]
    dataset: Any = loader.dataset
    return range(len(dataset))


def elements(sample: Any, depth: int = DEEPEST) -> int:
    """Numbers and characters in a sample, however it is nested."""
    shape = getattr(sample, "shape", None)
    if isinstance(shape, tuple):  # tensors, arrays
        return math.prod(int(number) for number in shape)
    if isinstance(sample, (str, bytes)) or _is_flat(sample):
        return len(sample)
    members = _members(sample) if depth else None
    return 1 if members is None else sum(elements(value, depth - 1) for value in members)


def _is_flat(sample: Any) -> bool:
    return isinstance(sample, (list, tuple)) and bool(sample) and isinstance(sample[0], (int, float))


def _members(sample: Any) -> list[Any] | None:
    """What a container holds, None for anything else; graphs and batch encodings have keys and are no mappings."""
    if isinstance(sample, Mapping) or (callable(getattr(sample, "keys", None)) and hasattr(sample, "__getitem__")):
        return [sample[key] for key in list(sample.keys())]
    return list(sample) if isinstance(sample, (list, tuple)) else None
