"""Rows of a module's input, as numbers that are equal for equal rows."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

MOST_ROWS = 128
"""Rows of one call that are hashed."""

MOST_VALUES = 256
"""Values of a row that are hashed, evenly over the row."""

_BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def first_tensor(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """The first tensor with rows that a module is called with, looking one level into what holds tensors."""
    for value in tensors_in((*args, *kwargs.values())):
        if value.dim() and value.numel() and value.layout == torch.strided and not value.is_complex():
            return value
    return None


def tensors_in(values: tuple[Any, ...]) -> Iterator[Tensor]:
    """Tensors among values, looking one level into what holds tensors."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, dict):
            yield from (v for v in value.values() if isinstance(v, Tensor))
        elif isinstance(value, (tuple, list)):
            yield from (v for v in value if isinstance(v, Tensor))


def row_keys(tensor: Tensor) -> list[int]:
    """One integer for each of the first rows, exact whatever the batch it came in."""
    with torch.no_grad():
        rows = tensor.detach()[:MOST_ROWS].reshape(min(len(tensor), MOST_ROWS), -1)
        stride = max(1, rows.shape[1] // MOST_VALUES)
        values = rows[:, ::stride].contiguous()
        return [hash(row.tobytes()) for row in values.view(_BITS[values.element_size()]).cpu().numpy()]
