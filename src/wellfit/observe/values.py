"""Tensors in numbers: a few reductions, read once."""

import torch
from torch import Tensor

from wellfit.model.events.loss import Targets, Values

MOST_ELEMENTS = 1 << 20
"""Elements that a summary reads at the most; of a larger tensor, its first rows."""

UNIT_TOLERANCE = 1e-3
"""How far from 1 a row of probabilities may sum: covers float32, float16 and a thousand classes."""

COARSE_UNIT_TOLERANCE = 2e-2
"""The same for bfloat16, whose numbers below 1 stand 0.004 apart."""


def summarize_values(tensor: Tensor) -> Values:
    """A float tensor in numbers; without gradients, without synchronizing more than once."""
    with torch.no_grad():
        whole = tensor.detach()
        data = _first_rows(whole).float()
        rows = _rows(data)
        finite = torch.nan_to_num(data, nan=0.0, posinf=0.0, neginf=0.0)
        coarse = whole.dtype == torch.bfloat16
        unit, log_unit, spread = _row_kinds(rows, COARSE_UNIT_TOLERANCE if coarse else UNIT_TOLERANCE)
        nonfinite_count = (~torch.isfinite(data)).sum().float()
        at_ends = ((data == 0) | (data == 1)).float().mean()
        numbers = torch.stack(
            [finite.amin(), finite.amax(), finite.mean(), nonfinite_count, unit, log_unit, spread, at_ends]
        ).tolist()
    low, high, mean, nonfinite, units, log_units, spread_value, ends = numbers
    shape = tuple(whole.shape)
    dtype = str(whole.dtype).removeprefix("torch.")
    return Values(
        shape, dtype, low, high, mean, int(nonfinite), rows.shape[0], int(units), int(log_units), spread_value, ends
    )


def _first_rows(tensor: Tensor) -> Tensor:
    if tensor.numel() <= MOST_ELEMENTS or tensor.dim() == 0:
        return tensor
    return tensor[: max(1, MOST_ELEMENTS // max(1, tensor[0].numel()))]


def _rows(data: Tensor) -> Tensor:
    """Shape (rows, classes): dimension 1 last, where there is one."""
    if data.dim() <= 1:
        return data.reshape(1, -1)
    return data.movedim(1, -1).reshape(-1, data.shape[1])


def _row_kinds(rows: Tensor, tolerance: float) -> tuple[Tensor, Tensor, Tensor]:
    within = ((rows >= -tolerance) & (rows <= 1 + tolerance)).all(dim=1)
    unit = within & ((rows.sum(dim=1) - 1).abs() <= tolerance)
    negative = (rows <= tolerance).all(dim=1)
    log_unit = negative & (torch.logsumexp(rows, dim=1).abs() <= tolerance)
    spread = (rows.amax(dim=1) - rows.amin(dim=1)).mean()
    return unit.sum().float(), log_unit.sum().float(), torch.nan_to_num(spread)


def summarize_targets(tensor: Tensor) -> Targets:
    """A target tensor in numbers."""
    with torch.no_grad():
        data = _first_rows(tensor.detach())
        integral = not (data.is_floating_point() or data.is_complex() or data.dtype == torch.bool)
        classes = int(torch.unique(data).numel()) if integral else None
        low, high = (float(v) for v in torch.aminmax(data.float() if data.dtype == torch.bool else data))
    return Targets(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), low, high, classes)
