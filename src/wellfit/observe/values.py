"""Tensors in numbers: a few reductions, read once."""

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from wellfit.model.events.loss import Targets, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ELEMENTS = 1 << 20
"""Elements that a summary reads at the most; of a larger tensor, its first rows."""

UNIT_TOLERANCE = 1e-3
"""How far from 1 a row of probabilities may sum: covers float32, float16 and a thousand classes."""

COARSE_UNIT_TOLERANCE = 2e-2
"""The same for bfloat16, whose numbers below 1 stand 0.004 apart."""


def summarize_values(tensor: Tensor) -> Values:
    """A float tensor in numbers; read once, and reduced in numpy, whose calls take a tenth of torch's on small data."""
    whole = tensor.detach()
    data = _read(whole)
    rows = _rows(data)
    finite = np.isfinite(data)
    counted = data if finite.all() else np.where(finite, data, 0)
    tolerance = COARSE_UNIT_TOLERANCE if whole.dtype == torch.bfloat16 else UNIT_TOLERANCE
    unit, log_unit, spread = _row_kinds(rows, tolerance)
    return Values(
        shape=tuple(whole.shape),
        dtype=str(whole.dtype).removeprefix("torch."),
        minimum=float(counted.min()),
        maximum=float(counted.max()),
        mean=float(counted.mean()),
        nonfinite=int(data.size - np.count_nonzero(finite)),
        rows=len(rows),
        unit_rows=unit,
        log_unit_rows=log_unit,
        spread=spread,
        at_ends=float(np.count_nonzero((data == 0) | (data == 1)) / data.size),
    )


def _read(tensor: Tensor) -> "NDArray[np.float32]":
    """The first rows of a tensor on the host; integers and low precision as float32."""
    data: NDArray[np.float32] = _first_rows(tensor.detach()).to("cpu", torch.float32).numpy()
    return data


def _first_rows(tensor: Tensor) -> Tensor:
    if tensor.numel() <= MOST_ELEMENTS or tensor.dim() == 0:
        return tensor
    return tensor[: max(1, MOST_ELEMENTS // max(1, tensor[0].numel()))]


def _rows(data: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Shape (rows, classes): dimension 1 last, where there is one."""
    if data.ndim <= 1:
        return data.reshape(1, -1)
    return np.moveaxis(data, 1, -1).reshape(-1, data.shape[1])


def _row_kinds(rows: "NDArray[np.float32]", tolerance: float) -> tuple[int, int, float]:
    """How many rows are probabilities, how many are their logarithms, and how far values in a row lie apart."""
    with np.errstate(all="ignore"):
        low, high = rows.min(axis=1), rows.max(axis=1)
        unit = (low >= -tolerance) & (high <= 1 + tolerance) & (np.abs(rows.sum(axis=1) - 1) <= tolerance)
        total = np.log(np.exp(rows - high[:, None]).sum(axis=1)) + high
        log_unit = (high <= tolerance) & (np.abs(total) <= tolerance)
        spread = float(np.mean(high - low))
    return int(unit.sum()), int(log_unit.sum()), spread if math.isfinite(spread) else 0.0


def summarize_targets(tensor: Tensor) -> Targets:
    """A target tensor in numbers."""
    data = _first_rows(tensor.detach())
    integral = not (data.is_floating_point() or data.is_complex() or data.dtype == torch.bool)
    values = data.cpu().numpy() if integral else _read(data)
    ordered = np.sort(values, axis=None)  # `np.unique` would first import numpy's masked arrays, for ten milliseconds
    classes = 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1])) if integral else None
    shape, dtype = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
    return Targets(shape, dtype, float(values.min()), float(values.max()), classes)
